import { expect, test } from 'vitest';
import { UPLOAD_BYTES_MAX } from '../device/upload-room.ts';
import { edge, graphOf, start, statuses, useEdge, values } from './testing/agents.ts';

useEdge();

/** As many assets of 4 MiB as may be on their way up, and more than that. */
const AT_ONCE = UPLOAD_BYTES_MAX / (4 * 1024 * 1024);
const MANY = AT_ONCE + 14;

function gate(): () => void {
  let open = () => {};
  edge.uploadGate = new Promise((resolve) => {
    open = resolve;
  });
  return () => open();
}

const writing = (count: number) => [{ node_path: 'n0', field_name: 'value', value: count }];

test('a session that writes more than may be on its way up waits, and all of it arrives', async () => {
  const open = gate();
  const [item_id = 0] = edge.queue.enqueue('b', graphOf('write_much'), [writing(MANY)]);
  const [other = 0] = edge.queue.enqueue('c', graphOf('write'), [
    [{ node_path: 'n0', field_name: 'text', value: 'small' }],
  ]);
  start({ settings: { sessions: 2 } });
  await edge.until(() => edge.calls.hold >= 4 && edge.queue.item(other).state.fence === 1);
  open();
  await edge.until(() => edge.queue.isDone);
  expect(edge.queue.item(item_id).results).toMatchObject([{ result: { value: MANY } }]);
  expect([statuses(), edge.assets.size]).toEqual([['completed', 'completed'], MANY + 1]);
});

test('one that waits for that is canceled at once, and its device stays', async () => {
  const open = gate();
  const before = edge.queue.item(edge.queue.enqueue('a', graphOf('pid'), values(1))[0] ?? 0);
  const [item_id = 0] = edge.queue.enqueue('b', graphOf('write_much'), [writing(MANY)]);
  const after = edge.queue.item(edge.queue.enqueue('c', graphOf('pid'), values(1))[0] ?? 0);
  start({ hardCancelMs: 60_000 });
  await edge.until(() => edge.calls.hold >= 4 && edge.socketCount === 1);
  edge.cancel(item_id);
  await edge.until(() => edge.queue.isDone);
  expect(edge.queue.item(item_id).state.status).toBe('canceled');
  expect(after.results).toEqual(before.results);
  open();
  // Nothing that it had not written yet was written after all.
  await edge.until(() => edge.assets.size === AT_ONCE);
  expect(edge.calls.hold).toBe(AT_ONCE);
});
