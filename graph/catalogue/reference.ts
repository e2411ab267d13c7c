/** The catalogue as a page for people: every node type by category, with what goes in and what comes out. */
import type { Catalogue, InputField, JsonSchema, NodeType, OutputField } from '../../contract/graph/catalogue.ts';

const INTRODUCTION = `# Nodes

Generated from the definitions of the nodes by \`npm run generate\`; [writing-nodes.md](writing-nodes.md) says how a node
is made. \`GET /api/v1/catalogue\` has the same for programs, and \`GET /api/v1/catalogue/schema\` a JSON Schema of workflow
files. An input takes a literal or an edge unless it says otherwise; one without a default has to be given. Every node
also takes \`is_intermediate\` (false: its result is an output of the session) and \`use_cache\` (true).
`;

/** Headings of the categories that are no plain words. */
const HEADINGS: ReadonlyMap<string, string> = new Map([['onnx', 'ONNX']]);

const headingOf = (category: string): string =>
  HEADINGS.get(category) ?? `${category[0]?.toUpperCase()}${category.slice(1)}`;

/** Markdown, sorted by category and type. */
export function referencePage({ node_types }: Catalogue): string {
  const nodeTypes = Object.values(node_types).sort((a, b) => (a.type < b.type ? -1 : 1));
  const categories = [...new Set(nodeTypes.map(({ category }) => category))].sort();
  const inCategory = (name: string) => nodeTypes.filter(({ category }) => category === name);
  const contents = categories.map((category) => {
    const links = inCategory(category).map(({ type }) => `[\`${type}\`](#${anchorOf(type)})`);
    return `- **${category}**: ${links.join(', ')}\n`;
  });
  const sections = categories.map((category) =>
    [`## ${headingOf(category)}\n`, ...inCategory(category).map(nodeSection)].join('\n'),
  );
  return [INTRODUCTION, contents.join(''), ...sections].join('\n');
}

/** As a page of GitHub makes it from a heading: punctuation goes, "_" and "-" stay. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '');

function nodeSection(nodeType: NodeType): string {
  const { type, version, title, description, deterministic, output_type } = nodeType;
  const notes = [`Version ${version}`, ...(deterministic ? [] : ['not deterministic']), `returns \`${output_type}\``];
  const inputs = Object.entries(nodeType.inputs);
  return [
    `### \`${type}\`\n`,
    `**${title}.** ${description ?? ''}`.trimEnd(),
    `${notes.join(', ')}.\n`,
    ...(inputs.length === 0 ? [] : [table(['input', 'type', 'default', 'takes', 'what'], inputs.map(inputRow))]),
    table(['output', 'type', 'what'], Object.entries(nodeType.outputs).map(outputRow)),
  ].join('\n');
}

const inputRow = ([name, { field_type, input, required, description, schema }]: [string, InputField]): string[] => {
  const limits = { any: [], direct: ['no edge'], connection: ['an edge only'] }[input];
  return [
    code(name),
    code(field_type),
    required ? 'required' : 'default' in schema && schema.default !== null ? code(JSON.stringify(schema.default)) : '',
    [...limits, ...boundsOf(schema)].join('; '),
    description ?? '',
  ];
};

const outputRow = ([name, { field_type, description }]: [string, OutputField]): string[] => [
  code(name),
  code(field_type),
  description ?? '',
];

const code = (text: string): string => `\`${text}\``;

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}

/** The constraints of a literal in a few words; those that every value of its type meets go without saying. */
export function boundsOf(schema: JsonSchema): string[] {
  const alternatives = (schema.anyOf ?? []) as JsonSchema[];
  const bounds = alternatives.flatMap(boundsOf);
  const number = (keyword: string, implied?: number): number | undefined => {
    const value = schema[keyword];
    return typeof value === 'number' && value !== implied ? value : undefined;
  };
  const range = between(number('minimum', Number.MIN_SAFE_INTEGER), number('maximum', Number.MAX_SAFE_INTEGER));
  if (range) bounds.push(range);
  if (number('exclusiveMinimum') !== undefined) bounds.push(`above ${number('exclusiveMinimum')}`);
  if (number('exclusiveMaximum') !== undefined) bounds.push(`below ${number('exclusiveMaximum')}`);
  if (number('multipleOf') !== undefined) bounds.push(`multiples of ${number('multipleOf')}`);
  const length = between(number('minLength', 0), number('maxLength'));
  if (length) bounds.push(`${length} characters`);
  const items = between(number('minItems', 0), number('maxItems'));
  if (items) bounds.push(`${items} elements`);
  if (Array.isArray(schema.enum)) bounds.push(schema.enum.map((value) => code(String(value))).join(', '));
  const inner = schema.items === undefined ? [] : boundsOf(schema.items as JsonSchema);
  if (inner.length > 0) bounds.push(`each ${inner.join(', ')}`);
  return [...new Set(bounds)];
}

function between(least: number | undefined, most: number | undefined): string | undefined {
  if (least === undefined) return most === undefined ? undefined : `at most ${most}`;
  return most === undefined ? `at least ${least}` : `${least} to ${most}`;
}
