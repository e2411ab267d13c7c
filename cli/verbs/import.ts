/** `import`: a graph of ours from what InvokeAI saved, and what could not be taken along. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ImportError } from '../../client/import/import-error.ts';
import { type Imported, importInvokeai } from '../../client/import/import-invokeai.ts';
import { readSaved } from '../../client/import/saved-file.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { harmless } from '../output/text.ts';
import { openTerminal, printJson, type Terminal } from '../terminal.ts';

export interface ImportVerbOptions extends ConnectionOptions {
  out?: string;
  model: string[];
  keepIds?: boolean;
  /** Of a picture that carries both, the graph that drew it. */
  graph?: boolean;
  json?: boolean;
}

export async function importFile(file: string, options: ImportVerbOptions): Promise<number> {
  const imported = await importedFrom(file, options);
  const { graph, data, runs, unmapped } = imported;
  // What `run` reads: a graph, or a batch where something varies.
  const document = data === undefined && runs === undefined ? graph : { graph, data, runs };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (options.out !== undefined) writeFileSync(options.out, text);
  if (options.json) printJson(imported);
  else if (options.out === undefined) process.stdout.write(text);
  // Standard output may be the graph or the line of JSON: people are told beside it.
  const beside = options.json === true || options.out === undefined;
  tell(openTerminal({ json: beside }), imported, file, options.out);
  return unmapped.length > 0 ? EXIT.incomplete : EXIT.ok;
}

async function importedFrom(file: string, options: ImportVerbOptions): Promise<Imported> {
  const models = Object.fromEntries(options.model.map(modelOf));
  try {
    const { document } = await readSaved(readFileSync(file), options.graph ? 'graph' : 'workflow');
    return importInvokeai(document, await catalogueOf(options), { models, readable_ids: !options.keepIds });
  } catch (error) {
    if (error instanceof ImportError) throw new UsageError(`${file}: ${error.message}`);
    if (error instanceof Error && 'syscall' in error) throw new UsageError(`${file} cannot be read: ${error.message}`);
    throw error;
  }
}

function modelOf(option: string): [string, string] {
  // A name may hold "=", a key does not.
  const equals = option.lastIndexOf('=');
  if (equals > 0 && equals < option.length - 1) return [option.slice(0, equals), option.slice(equals + 1)];
  throw new UsageError(`"${option}" names no model: write --model NAME=KEY, InvokeAI's name and the key of one here.`);
}

/** The node types of the service that was named, its runners' own among them; or those that this command knows. */
async function catalogueOf(options: ImportVerbOptions): Promise<Catalogue> {
  if (options.url !== undefined) return await connect(options).client.catalogue.get();
  const builtin = await import('../../graph/catalogue/builtin.json', { with: { type: 'json' } });
  return builtin.default as unknown as Catalogue;
}

function tell(terminal: Terminal, imported: Imported, file: string, out: string | undefined): void {
  const { colors: c } = terminal;
  const { graph, data, runs = 1, unmapped, notes } = imported;
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const items = (data ?? []).reduce((product, [datum]) => product * (datum?.items.length ?? 1), runs);
  const parts = [count(Object.keys(graph.nodes).length, 'node'), count(graph.edges.length, 'edge')];
  if (items > 1) parts.push(`a batch of ${count(items, 'item')}`);
  terminal.line(`${parts.join(', ')}${out === undefined ? '' : `, in ${out}`}`);
  for (const required of [true, false]) {
    const entries = unmapped.filter((entry) => entry.required === required);
    if (entries.length === 0) continue;
    terminal.line();
    terminal.line(c.bold(required ? 'To be given before it runs:' : 'Left out or replaced:'));
    for (const { node_id, label, type, field, detail } of entries) {
      const place = harmless(field === null ? node_id : `${node_id}.${field}`);
      const names = [type === node_id ? '' : type, label].filter((name) => name !== '').join(', ');
      terminal.line(`  ${c.cyan(place)}${names && c.dim(` (${harmless(names)})`)}`);
      terminal.line(`    ${harmless(detail)}`);
    }
  }
  if (notes.length > 0) terminal.line();
  for (const note of notes) terminal.line(`${c.dim('note:')} ${harmless(note)}`);
  if (unmapped.length === 0) terminal.line(`Everything of ${file} is there.`);
}
