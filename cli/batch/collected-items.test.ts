import { expect, test } from 'vitest';
import { CollectedItems, type FinishedItem } from './collected-items.ts';

const item = (item_id: number, text = ''): FinishedItem => ({
  ...{ item_id, status: 'completed', error: null, field_values: [], files: [] },
  outputs: [
    { invocation_id: 'n', invocation_source_id: 'n', type: 'string', result: { type: 'string_output', value: text } },
  ],
});

test('the items are one line of JSON with the summary, oldest first', () => {
  const items = new CollectedItems();
  for (const id of [3, 1, 2]) items.add(item(id));
  const text = [...items.json({ batch_id: 'b', completed: 3 })].join('');
  expect(text.indexOf('\n')).toBe(text.length - 1);
  expect(JSON.parse(text)).toEqual({ batch_id: 'b', completed: 3, items: [item(1), item(2), item(3)] });
});

test('no items are an empty list', () => {
  expect([...new CollectedItems().json({ batch_id: 'b' })].join('')).toBe('{"batch_id":"b","items":[]}\n');
});

test('outputs beyond the limit are left out, and counted', () => {
  const items = new CollectedItems(1_000);
  for (let id = 1; id <= 10; id++) items.add(item(id, 'x'.repeat(200)));
  const { items: listed, outputs_left_out } = JSON.parse([...items.json({})].join(''));
  expect(listed).toHaveLength(10);
  const whole = listed.filter((each: object) => 'outputs' in each).length;
  expect(whole).toBeGreaterThan(0);
  expect(outputs_left_out).toBe(10 - whole);
});
