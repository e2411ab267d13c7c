/** Node types as a terminal shows them. A runner's own node may say anything: all of it is made harmless. @pure */
import type { InputField, NodeType } from '../../contract/graph/catalogue.ts';
import type { ExampleGraph } from '../../graph/catalogue/example-graph.ts';
import { boundsOf } from '../../graph/catalogue/reference.ts';
import { tableLines } from '../output/table.ts';
import { fit, harmless, oneLine, pad } from '../output/text.ts';
import type { Terminal } from '../terminal.ts';

type Shown = Pick<Terminal, 'colors' | 'columns'>;

/** Sorted by category: a heading for each. */
export function nodeListLines(nodes: readonly NodeType[], { colors: c, columns }: Shown): string[] {
  const width = Math.max(...nodes.map(({ type }) => type.length));
  const lines: string[] = [];
  let category: string | null = null;
  for (const node of nodes) {
    if (node.category !== category) {
      category = node.category;
      lines.push(...(lines.length > 0 ? [''] : []), c.bold(oneLine(category)));
    }
    const text = oneLine(node.description ?? node.title);
    lines.push(fit(`  ${c.cyan(pad(oneLine(node.type), width))}  ${text}`, columns));
  }
  return lines;
}

export function nodeLines(node: NodeType, example: ExampleGraph | null, { colors: c, columns }: Shown): string[] {
  const { type, version, title, description, category, deterministic, inputs, outputs, output_type } = node;
  const facts = [`version ${version}`, oneLine(category), ...(deterministic ? [] : ['not deterministic'])];
  const table = { width: columns, head: c.dim };
  return [
    `${c.bold(oneLine(type))}  ${oneLine(title)}  ${c.dim(facts.join(', '))}`,
    ...(description === undefined ? [] : [oneLine(description)]),
    '',
    ...(Object.keys(inputs).length === 0 ? ['It takes nothing.'] : []),
    ...tableLines(
      [
        { head: 'takes', cell: ([name]) => oneLine(name) },
        { head: 'type', cell: ([, input]) => input.field_type },
        { head: 'default', cell: ([, input]) => oneLine(defaultOf(input)), least: 8 },
        { head: 'how', cell: ([, input]) => oneLine(limitsOf(input)), least: 10 },
        { head: 'what', cell: ([, input]) => oneLine(input.description ?? input.title), least: 16 },
      ],
      Object.entries(inputs),
      table,
    ),
    '',
    ...tableLines(
      [
        { head: 'gives', cell: ([name]) => oneLine(name) },
        { head: 'type', cell: ([, output]) => output.field_type },
        { head: 'what', cell: ([, output]) => oneLine(output.description ?? output.title), least: 16 },
      ],
      Object.entries(outputs),
      table,
    ),
    c.dim(`(${oneLine(output_type)})`),
    ...(example === null ? [] : ['', c.dim('a graph that uses it'), ...exampleLines(example)]),
  ];
}

const defaultOf = ({ required, schema }: InputField): string =>
  required ? 'required' : schema.default === undefined || schema.default === null ? '' : JSON.stringify(schema.default);

const limitsOf = ({ input, schema }: InputField): string => {
  const wired = { any: [], direct: ['no edge'], connection: ['an edge only'] }[input];
  return [...wired, ...boundsOf(schema)].join('; ').replaceAll('`', '');
};

/** A node and an edge a line, as people write them. */
function exampleLines({ nodes, edges }: ExampleGraph): string[] {
  const list = (lines: string[], indent: string) =>
    lines.map((line, at) => `${indent}${line}${at < lines.length - 1 ? ',' : ''}`);
  const spaced = (value: unknown): string =>
    JSON.stringify(value, null, 1)
      .replaceAll(/\n\s*/g, ' ')
      .replaceAll(/\[ | \]/g, (text) => text.trim());
  return [
    '{',
    '  "nodes": {',
    ...list(
      Object.entries(nodes).map(([id, node]) => `${JSON.stringify(id)}: ${spaced(node)}`),
      '    ',
    ),
    `  }${edges.length > 0 ? ',' : ''}`,
    ...(edges.length === 0 ? [] : ['  "edges": [', ...list(edges.map(spaced), '    '), '  ]']),
    '}',
  ].map(harmless);
}
