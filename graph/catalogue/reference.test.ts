import { expect, test } from 'vitest';
import { CONTROL_NODE_TYPES } from '../control.ts';
import { boundsOf, referencePage } from './reference.ts';

test.each([
  [{}, []],
  [{ type: 'integer', minimum: -(2 ** 53 - 1), maximum: 2 ** 53 - 1 }, []],
  [{ minimum: 1, maximum: 10, multipleOf: 2 }, ['1 to 10', 'multiples of 2']],
  [{ minimum: 0 }, ['at least 0']],
  [{ exclusiveMinimum: 0, exclusiveMaximum: 1 }, ['above 0', 'below 1']],
  [{ minLength: 0, maxLength: 5 }, ['at most 5 characters']],
  [{ enum: ['a', 'b'] }, ['`a`, `b`']],
  [{ items: { minimum: 1 }, minItems: 1, maxItems: 2 }, ['1 to 2 elements', 'each at least 1']],
  [{ anyOf: [{ maximum: 3 }, { type: 'null' }] }, ['at most 3']],
])('%j is said as %j', (schema, said) => {
  expect(boundsOf(schema)).toEqual(said);
});

test('the page has a section for each type, which its contents lead to', () => {
  const [collect, branch] = CONTROL_NODE_TYPES;
  const other = { ...collect!, type: 'my:type', category: 'own', version: '2.1.0', deterministic: false };
  const page = referencePage({ node_types: { if: branch!, 'my:type': other, collect: collect! } });
  expect(page.match(/^##.*$/gm)).toEqual(['## Control', '### `collect`', '### `if`', '## Own', '### `my:type`']);
  expect(page).toContain('- **own**: [`my:type`](#mytype)\n');
  expect(page).toContain('Version 2.1.0, not deterministic, returns `collect_output`.\n');
  expect(page).toContain('| `condition` | `boolean` | `false` |  | Which input to pass on. |\n');
});

test('an abbreviation is written as one in its heading', () => {
  const [collect] = CONTROL_NODE_TYPES;
  const page = referencePage({ node_types: { collect: { ...collect!, category: 'onnx' } } });
  expect(page.match(/^##.*$/gm)).toEqual(['## ONNX', '### `collect`']);
});

test('a cell of a table never ends it early', () => {
  const [collect] = CONTROL_NODE_TYPES;
  const inputs = { x: { ...collect!.inputs.item!, field_type: 'string|null', description: 'This | that.' } };
  expect(referencePage({ node_types: { collect: { ...collect!, inputs } } })).toContain(
    '| `x` | `string\\|null` |  | an edge only | This \\| that. |\n',
  );
});
