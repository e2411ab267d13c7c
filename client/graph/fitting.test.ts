import { expect, test } from 'vitest';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import { FIELD_TYPE_NAMES } from '../../contract/graph/field-type.ts';
import builtin from '../../graph/catalogue/builtin.json' with { type: 'json' };
import { fittingName, membersOf, unionOf } from '../../graph/catalogue/fitting-outputs.ts';
import { nodeTypesSource } from '../../graph/catalogue/node-types-source.ts';
import { compatible } from '../../graph/field-type/compatible.ts';
import { elementsOf, FlowFit, flowOf, flowText, listOf, mostGeneral } from '../../graph/field-type/flow.ts';
import { compile, moduleOf } from '../../test/support/compile-types.ts';

const DECLARED = Object.values(builtin.node_types as unknown as Catalogue['node_types']).flatMap(
  ({ inputs, outputs }) => [...Object.values(inputs), ...Object.values(outputs)].map(({ field_type }) => field_type),
);
const PLAIN = FIELD_TYPE_NAMES.flatMap((name) => [name, `${name}[]`]);
const UNIONS = [
  'any|latents',
  'any|null',
  'any[]|null',
  'string|integer',
  'string|float',
  'integer|image',
  'any|tensor[]',
];
const FIELD_TYPES = [...new Set([...DECLARED, ...PLAIN, ...UNIONS, 'string|string[]|null', 'latents|image'])];

/** Of statements that are either true or do not compile: those that compile. */
function trueOnes(imports: string[], statements: ReadonlyMap<string, string>, modules: Record<string, string> = {}) {
  const lines = [...statements.values()].map((type, index) => `export const s${index}: ${type} = true;`);
  const faults = compile({ ...modules, 'statements.ts': `${[...imports, ...lines].join('\n')}\n` });
  const wrong = new Set<number>();
  for (const fault of faults) {
    const line = /^statements\.ts:(\d+): TS2322: Type 'true' is not assignable to type 'false'/.exec(fault)?.[1];
    if (line === undefined) throw new Error(fault);
    wrong.add(Number(line) - 1 - imports.length);
  }
  return [...statements.keys()].filter((_, index) => !wrong.has(index));
}

/** Inputs of every field type. */
const INPUTS = nodeTypesSource(
  {
    node_types: {
      all: {
        type: 'all',
        version: '1.0.0',
        title: 'All',
        category: 'test',
        deterministic: true,
        output_type: 'all_output',
        outputs: {},
        inputs: Object.fromEntries(
          FIELD_TYPES.map((field_type, index) => [
            `field_${index}`,
            { field_type, input: 'any', required: false, title: field_type, schema: {} },
          ]),
        ),
      },
    },
  },
  { from: moduleOf('vocabulary.ts') },
);

test('an output fits an input when it compiles exactly as the catalogue’s rule says', () => {
  const statements = new Map<string, string>();
  const fitting: string[] = [];
  const fit = new FlowFit();
  for (const source of FIELD_TYPES)
    for (const destination of FIELD_TYPES) {
      const given = unionOf(membersOf(source));
      const asked = `inputs.${fittingName(destination)}`;
      statements.set(`${source} > ${destination}`, `Fits<Output<${given}>, ${asked}>`);
      if (compatible(source, destination)) fitting.push(`${source} > ${destination}`);
      statements.set(`control: ${source} > ${destination}`, `Fits<Flow<${given}>, ${asked}>`);
      if (fit.fits(flowOf(source), destination)) fitting.push(`control: ${source} > ${destination}`);
    }
  for (const name of FIELD_TYPE_NAMES)
    for (const destination of FIELD_TYPES) {
      const flow = listOf(flowOf(`${name}[]`)) ?? 0n;
      statements.set(`${name}[][] > ${destination}`, `Fits<Flow<'${name}[][]'>, inputs.${fittingName(destination)}>`);
      if (fit.fits(flow, destination)) fitting.push(`${name}[][] > ${destination}`);
    }
  const imports = [
    `import type { Flow, Output } from '${moduleOf('output.ts')}';`,
    `import type * as inputs from './inputs.ts';`,
    'type Fits<A, B> = [A] extends [B] ? true : false;',
  ];
  expect(trueOnes(imports, statements, { 'inputs.ts': INPUTS })).toEqual(fitting);
});

test('what control nodes make of types is what the engine makes of them', () => {
  const statements = new Map<string, string>();
  const state = (title: string, type: string, flow: bigint | undefined) => {
    const text = flow === undefined ? '' : flowText(flow);
    statements.set(title, `Same<${type}, ${text === '' ? 'never' : unionOf(text.split('|'))}>`);
  };
  const members = [
    'any',
    'any[]',
    'any[][]',
    'boolean',
    'integer',
    'float',
    'float[]',
    'image',
    'image[]',
    'latents',
    'latents[]',
  ];
  const flow = (type: string) => (type.endsWith('[][]') ? listOf(flowOf(type.slice(0, -2))) : flowOf(type)) ?? 0n;
  for (const a of members)
    for (const b of members)
      for (const c of members) {
        const together = flow(a) | flow(b) | flow(c);
        const union = unionOf([a, b, c]);
        state(`elements of ${union}`, `ElementOf<${union}>`, elementsOf(together));
        state(`general of ${union}`, `General<${union}>`, mostGeneral(together));
      }
  const imports = [
    `import type { ElementOf, General } from '${moduleOf('control.ts')}';`,
    'type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;',
  ];
  expect(trueOnes(imports, statements)).toEqual([...statements.keys()]);
});
