/**
 * Node types as TypeScript, for the graph builder of the SDK: what each takes and gives, so that a wrong edge does not
 * compile. The control nodes are left out, since what they give depends on the graph; the builder has methods for them.
 */
import type { Catalogue, InputField, JsonSchema, NodeType } from '../../contract/graph/catalogue.ts';
import type { FieldTypeName } from '../../contract/graph/field-type.ts';
import { parseFieldType, type TypeMember } from '../field-type/parse.ts';
import { fittingName, fittingOutputs, membersOf, unionOf } from './fitting-outputs.ts';
import { boundsOf } from './reference.ts';

export interface NodeTypesSourceOptions {
  /** The name of the interface that has them all. */
  name?: string;
  /** Where the types come from that it uses. */
  from?: string;
  /** The comment that it begins with. */
  heading?: string;
}

/** The text of a module. Nothing in it exists when it runs. */
export function nodeTypesSource(catalogue: Catalogue, options: NodeTypesSourceOptions = {}): string {
  const { name = 'NodeTypes', from = '@switchyard/client' } = options;
  const { heading = 'Made from the catalogue of node types by "switchyard nodes types". Do not edit.' } = options;
  const nodeTypes = Object.values(catalogue.node_types)
    .filter(({ control }) => control === undefined)
    .sort((a, b) => (a.type < b.type ? -1 : 1));
  const used = new Set<string>();
  const inputNames = inputInterfaceNames(nodeTypes);
  const inputs = nodeTypes.map((nodeType) => inputsOf(nodeType, inputNames.get(nodeType.type) ?? '', used));
  const entries = nodeTypes.map((nodeType) => entryOf(nodeType, inputNames.get(nodeType.type) ?? '', used));
  const aliases = fieldTypesWithEdges(nodeTypes).map(
    (fieldType) =>
      `${comment(`An output that fits an input of type ${fieldType}.`)}export type ${fittingName(fieldType)} =${fittingOutputs(
        fieldType,
        used,
      )
        .map((asked) => `\n  | ${asked}`)
        .join('')};\n`,
  );
  const imported = [...used].sort().join(', ');
  return [
    `// ${oneLine(heading)}\n`,
    ...(imported === '' ? [] : [`import type { ${imported} } from '${from}';\n\n`]),
    ...aliases.map((alias) => `${alias}\n`),
    ...inputs.map((each) => `${each}\n`),
    `/** Node types by name: what each takes and gives. */\nexport interface ${name} {\n${entries.join('')}}\n`,
  ].join('');
}

const fieldTypesWithEdges = (nodeTypes: readonly NodeType[]): string[] => [
  ...new Set(
    nodeTypes
      .flatMap(({ inputs }) => Object.values(inputs))
      .filter(({ input }) => input !== 'direct')
      .map(({ field_type }) => field_type),
  ),
];

/** `NoiseInputs`, `My_DitherInputs` of `my:dither`. Types that would share a name are numbered. */
function inputInterfaceNames(nodeTypes: readonly NodeType[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    nodeTypes.map(({ type }) => {
      const parts = type
        .split(':')
        .map((part) => part.replaceAll(/(?:^|_)([a-z0-9])/g, (_, first) => first.toUpperCase()));
      const wanted = `${parts.join('_')}Inputs`;
      let name = wanted;
      for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`;
      taken.add(name);
      return [type, name];
    }),
  );
}

function inputsOf({ type, inputs }: NodeType, name: string, used: Set<string>): string {
  const fields = Object.entries(inputs).map(([field, input]) => {
    const taken = [
      ...(input.input === 'connection' ? [] : literalsOf(input, used)),
      ...(input.input === 'direct' ? [] : [fittingName(input.field_type)]),
    ];
    if (input.required && input.input !== 'connection') {
      used.add('Later');
      taken.push('Later');
    }
    return `${comment(inputText(input), '  ')}  ${field}${input.required ? '' : '?'}: ${taken.join(' | ')};\n`;
  });
  const described = comment(`What a node of type ${type} takes.`);
  return fields.length === 0
    ? `${described}export type ${name} = Record<string, never>;\n`
    : `${described}export interface ${name} {\n${fields.join('')}}\n`;
}

function entryOf({ type, version, title, description, outputs }: NodeType, inputs: string, used: Set<string>): string {
  const fields = Object.entries(outputs).map(([field, output]) => {
    used.add('Output');
    const given = `Output<${unionOf(membersOf(output.field_type))}>`;
    return `${comment(output.description ?? output.title, '      ')}      ${field}: ${given};\n`;
  });
  const text = `${title}. ${description ?? ''} (${version})`;
  const key = /^[a-z][a-z0-9_]*$/.test(type) ? type : quoted(type);
  return `${comment(text, '  ')}  ${key}: {\n    inputs: ${inputs};\n    outputs: {\n${fields.join('')}    };\n  };\n`;
}

/** The type of a literal of each field type; none for what stays on the device. */
const LITERALS: Partial<Record<FieldTypeName, string>> = {
  any: 'JsonValue',
  boolean: 'boolean',
  integer: 'number',
  float: 'number',
  string: 'string',
  color: 'Color',
  bounding_box: 'BoundingBox',
  image: 'ImageRef',
  file: 'FileRef',
  model: 'ModelRef',
  unet: '{ readonly [name: string]: JsonValue }',
  clip: '{ readonly [name: string]: JsonValue }',
  vae: '{ readonly [name: string]: JsonValue }',
};

function literalsOf({ field_type, schema }: InputField, used: Set<string>): string[] {
  const { members, nullable } = parseFieldType(field_type);
  const literals = members.flatMap((member) => {
    const plain = LITERALS[member.name];
    if (plain === undefined) return [];
    const literal = choicesOf(member, schema) ?? plain;
    for (const word of ['JsonValue', 'Color', 'BoundingBox', 'ImageRef', 'FileRef', 'ModelRef'])
      if (plain.includes(word)) used.add(word);
    return [member.list ? `readonly ${literal.includes(' ') ? `(${literal})` : literal}[]` : literal];
  });
  return [...new Set([...literals, ...(nullable ? ['null'] : [])])];
}

/** The values that an enumeration leaves of a text or a number. */
function choicesOf({ name, list }: TypeMember, schema: JsonSchema): string | undefined {
  const kind = name === 'string' ? 'string' : name === 'integer' || name === 'float' ? 'number' : undefined;
  const alternatives = (schema.anyOf ?? [schema]) as JsonSchema[];
  for (const alternative of alternatives) {
    const values = ((list ? alternative.items : alternative) as JsonSchema | undefined)?.enum;
    if (!Array.isArray(values) || values.length === 0 || values.some((value) => typeof value !== kind)) continue;
    return values.map((value) => (typeof value === 'string' ? quoted(value) : String(value))).join(' | ');
  }
  return undefined;
}

/** The description, the default and the bounds of an input; what the type says already goes without saying. */
function inputText({ title, description, schema }: InputField): string {
  const { enum: _, ...bounded } = schema;
  const facts = [
    ...('default' in schema && schema.default !== null ? [`default ${JSON.stringify(schema.default)}`] : []),
    ...boundsOf(bounded),
  ].join('; ');
  return `${description ?? `${title}.`}${facts === '' ? '' : ` ${facts[0]?.toUpperCase()}${facts.slice(1)}.`}`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Whoever wrote the text, it ends where the comment ends. */
const comment = (text: string, indent = ''): string => `${indent}/** ${oneLine(text).replaceAll('*/', '*\\/')} */\n`;

const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
