/** `nodes`: the node types that graphs are made of, explained. */
import { writeFileSync } from 'node:fs';
import type { Catalogue, NodeType } from '../../contract/graph/catalogue.ts';
import { exampleGraph } from '../../graph/catalogue/example-graph.ts';
import { nodeTypesSource } from '../../graph/catalogue/node-types-source.ts';
import { nodeTypeOf } from '../../graph/catalogue.ts';
import { nearest } from '../../graph/nearest.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, MissingError } from '../exit-code.ts';
import { nodeLines, nodeListLines } from '../nodes/node-text.ts';
import { count } from '../output/text.ts';
import { openTerminal, printJson } from '../terminal.ts';

type Options = ConnectionOptions & { json?: boolean };

export interface ListOptions extends Options {
  search?: string;
  category?: string;
}

export interface TypesOptions extends Options {
  out?: string;
  name: string;
}

export async function list({ search, category, ...options }: ListOptions): Promise<number> {
  const catalogue = await connect(options).client.catalogue.get();
  const found = matching(catalogue, search, category);
  if (found.length === 0) {
    const categories = [...new Set(Object.values(catalogue.node_types).map((node) => node.category))].sort();
    throw new MissingError(`No node type fits. The categories are ${categories.join(', ')}.`);
  }
  if (options.json) printJson(found);
  else {
    const terminal = openTerminal(options);
    for (const line of nodeListLines(found, terminal)) terminal.line(line);
    terminal.line(
      terminal.colors.dim(`\n${count(found.length, 'node type')}; switchyard nodes show TYPE explains one`),
    );
  }
  return EXIT.ok;
}

export async function show(type: string, options: Options): Promise<number> {
  const catalogue = await connect(options).client.catalogue.get();
  const nodeType = nodeTypeOf(catalogue, type);
  if (nodeType === undefined) {
    const near = nearest(type, Object.keys(catalogue.node_types));
    const hint = near === undefined ? '`switchyard nodes --search TEXT` finds them' : `did you mean "${near}"?`;
    throw new MissingError(`There is no node type "${type}"; ${hint}`);
  }
  const example = exampleGraph(nodeType, catalogue);
  if (options.json) printJson({ ...nodeType, example });
  else {
    const terminal = openTerminal(options);
    for (const line of nodeLines(nodeType, example, terminal)) terminal.line(line);
  }
  return EXIT.ok;
}

export async function types({ out, name, ...options }: TypesOptions): Promise<number> {
  const source = nodeTypesSource(await connect(options).client.catalogue.get(), { name });
  if (out !== undefined) writeFileSync(out, source);
  if (options.json) printJson(out === undefined ? { source } : { file: out });
  else if (out === undefined) process.stdout.write(source);
  else openTerminal(options).line(`${out} is written.`);
  return EXIT.ok;
}

/** By category and type; every word of the search has to stand somewhere. */
function matching({ node_types }: Catalogue, search = '', category?: string): NodeType[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return Object.values(node_types)
    .filter((node) => category === undefined || node.category === category)
    .filter((node) => {
      const fields = [...Object.keys(node.inputs), ...Object.keys(node.outputs)];
      const text = [node.type, node.title, node.description ?? '', node.category, ...fields].join('\n').toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => (a.category === b.category ? (a.type < b.type ? -1 : 1) : a.category < b.category ? -1 : 1));
}
