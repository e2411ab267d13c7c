import { expect, test } from 'vitest';
import { AssignmentError } from './assignment.ts';
import { itemValues } from './item-values.ts';
import { DEFAULT_NAME, nameTemplate } from './output-name.ts';

const graph = {
  nodes: {
    prompt: { type: 'compel', prompt: '' },
    noise: { type: 'noise', seed: 0, width: 64 },
    'my:node': { type: 'x' },
  },
};
const data = [
  [
    { node_path: 'prompt', field_name: 'prompt', items: ['a ring', 'ein großer Stern!'] },
    { node_path: 'noise', field_name: 'width', items: [64, 128] },
  ],
  [{ node_path: 'noise', field_name: 'seed', items: [7, 8, 9] }],
];

test('the values of an item follow from its index, runs outermost', () => {
  const valuesOf = (index: number) => itemValues(data, index).map(({ value }) => value);
  expect([0, 1, 5, 6].map(valuesOf)).toEqual([
    ['a ring', 64, 7],
    ['a ring', 64, 8],
    ['ein großer Stern!', 128, 9],
    ['a ring', 64, 7],
  ]);
  expect(itemValues([], 4)).toEqual([]);
});

test.each([
  [DEFAULT_NAME, 'save_0,2', '000012-save_0,2'],
  ['{item}-{node}', 'my:node-mask', '000012-my_node-mask'],
  ['{prompt}/{seed}', 'save', 'ein-großer-Stern/9'],
  ['{prompt.prompt}-{noise.width}', 'save', 'ein-großer-Stern-128'],
])('%s of %s is %s', (template, label, name) => {
  expect(nameTemplate(template, graph)({ item_id: 12, label, field_values: itemValues(data, 5) })).toBe(name);
});

test('a value can neither lead out of the folder nor be endless', () => {
  const named = (value: string) =>
    nameTemplate(
      '{prompt}',
      graph,
    )({
      item_id: 1,
      label: 'save',
      field_values: [{ node_path: 'prompt', field_name: 'prompt', value }],
    });
  expect(named('../../etc/passwd')).toBe('etc-passwd');
  expect(named('x'.repeat(500))).toHaveLength(60);
  expect(named('…')).toBe('none');
});

test.each(['', '/tmp/{item}', '../{item}', '{item}/../..', '{nothing}', '{nobody.seed}'])(
  '%j is refused',
  (template) => {
    expect(() => nameTemplate(template, graph)).toThrow(AssignmentError);
  },
);
