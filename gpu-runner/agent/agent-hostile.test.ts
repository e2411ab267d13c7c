/** Nodes that mean harm, or only do it: the error stands on the right node, the innocent go on, and so does the queue. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Log } from './log.ts';
import { edge, graphOf, start, statuses, useEdge, values, wholeLog } from './testing/agents.ts';

useEdge();

const NEXT = 'next';
const MB = 1024 * 1024;

/** An item of one node of each type, and one behind it that is to complete. */
function withNext(...types: string[]) {
  const [hostile = 0] = edge.queue.enqueue('hostile', graphOf(...types), values(1));
  const [next = 0] = edge.queue.enqueue(NEXT, graphOf('integer'), values(1));
  return { hostile: edge.queue.item(hostile), next: edge.queue.item(next) };
}

const count = (log: readonly string[], kind: string) => log.filter((each) => each === kind).length;

describe('limits of time', () => {
  test('[R53] a node that never returns fails at its limit, and costs its device the process', async () => {
    edge.queue.limits = { max_run_seconds: 60, max_node_seconds: 0.3 };
    const { hostile, next } = withNext('integer', 'hang');
    start({ hardCancelMs: 50 });
    await edge.until(() => edge.queue.isDone);
    expect(hostile.log.at(-1)).toBe('invocation_error n1');
    expect(hostile.state.error).toMatchObject({
      error_type: 'TimeoutError',
      error_message: 'The node "n1" ran longer than the 0.3 seconds that it may (max_node_seconds).',
    });
    expect(hostile.results).toHaveLength(1);
    expect(next.log).toEqual(wholeLog('n0'));
  });

  test('a node that was quick until now is no less limited, and who waited behind it is not charged', async () => {
    edge.queue.limits = { max_run_seconds: null, max_node_seconds: 0.3 };
    const ids = edge.queue.enqueue('b', graphOf('hang_at_seven'), values(60));
    start({ hardCancelMs: 50 });
    await edge.until(() => edge.queue.isDone);
    const items = ids.map((item_id) => edge.queue.item(item_id));
    expect(items.filter(({ state }) => state.status === 'completed')).toHaveLength(59);
    expect(items[7]?.state).toMatchObject({ status: 'failed', error: { error_type: 'TimeoutError' } });
    expect(items[7]?.log.at(-1)).toBe('invocation_error n0');
    for (const { state } of items) expect(state.starts).toBeLessThanOrEqual(2);
  });

  test('a node that asks whether it goes on stops at its limit, and its device stays', async () => {
    edge.queue.limits = { max_run_seconds: null, max_node_seconds: 0.3 };
    const before = edge.queue.item(edge.queue.enqueue('a', graphOf('pid'), values(1))[0] ?? 0);
    const { hostile } = withNext('steps');
    const after = edge.queue.item(edge.queue.enqueue('c', graphOf('pid'), values(1))[0] ?? 0);
    start();
    await edge.until(() => edge.queue.isDone);
    expect(hostile.state.error?.error_type).toBe('TimeoutError');
    expect(after.results).toEqual(before.results);
  });

  test('a session over its limit fails on the node that it is at', async () => {
    edge.queue.limits = { max_run_seconds: 0.3, max_node_seconds: 60 };
    const { hostile, next } = withNext('integer', 'steps');
    start();
    await edge.until(() => edge.queue.isDone);
    expect(hostile.log.at(-1)).toBe('invocation_error n1');
    expect(hostile.state.error?.error_message).toMatch(/the 0\.3 seconds .*max_run_seconds.*at the node "n1"/);
    expect(next.log).toEqual(wholeLog('n0'));
  });

  test('a session that shares its device with a node that hangs is no less innocent', async () => {
    const image_name = createHash('sha256').update('input').digest('hex');
    edge.assets.set(image_name, Buffer.from('input'));
    edge.queue.limits = { max_run_seconds: null, max_node_seconds: 3 };
    edge.faultOf = (call, number) => (call === 'asset' && number === 1 ? 'hang' : undefined);
    const image = { node_path: 'n0', field_name: 'image', value: { image_name } };
    const [innocent = 0] = edge.queue.enqueue('innocent', graphOf('read'), [[image]]);
    start({ settings: { sessions: 2 }, hardCancelMs: 500 });
    await edge.until(() => edge.calls.asset === 1 && edge.socketCount === 1);
    const [hanging = 0] = edge.queue.enqueue('hang', graphOf('pid', 'hang'), values(1));
    edge.order({ order: 'wake' });
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(hanging).state.error).toMatchObject({ error_type: 'TimeoutError' });
    expect(edge.queue.item(hanging).log.at(-1)).toBe('invocation_error n1');
    expect(edge.queue.item(innocent).state).toMatchObject({ status: 'completed', charged: 0 });
  });

  test('what a user cancels meanwhile stays canceled', async () => {
    edge.queue.limits = { max_run_seconds: null, max_node_seconds: 0.4 };
    const { hostile, next } = withNext('hang');
    start({ hardCancelMs: 600 });
    await edge.until(() => hostile.log.includes('invocation_started n0'));
    edge.cancel(hostile.state.item_id);
    await edge.until(() => edge.queue.isDone);
    expect([hostile.state.status, next.state.status]).toEqual(['canceled', 'completed']);
  });
});

describe('limits of memory', () => {
  const { NODE_OPTIONS } = process.env;
  afterEach(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });

  test('a node that allocates without end is ended at the limit, and says so', { timeout: 60_000 }, async () => {
    const { hostile, next } = withNext('integer', 'allocate');
    start({ settings: { memory_limit_bytes: 700 * MB } });
    await edge.until(() => edge.queue.isDone);
    expect(hostile.log.at(-1)).toBe('invocation_error n1');
    expect(hostile.state.error?.error_type).toBe('MemoryLimitError');
    expect(hostile.state.error?.error_message).toMatch(/2 times in a row at the node "n1".*700 MB is what it may/);
    expect(count(hostile.log, 'session_started')).toBe(2);
    expect(next.log).toEqual(wholeLog('n0'));
  });

  test('so is one that fills the heap, by the engine itself', { timeout: 60_000 }, async () => {
    process.env.NODE_OPTIONS = `${NODE_OPTIONS ?? ''} --max-old-space-size=128`;
    const { hostile, next } = withNext('fill_heap');
    start();
    await edge.until(() => edge.queue.isDone);
    expect(hostile.log.at(-1)).toBe('invocation_error n0');
    expect(hostile.state.error).toMatchObject({ error_type: 'MemoryLimitError' });
    expect(hostile.state.error?.error_message).toMatch(/JavaScript heap is full.*max-old-space-size/);
    expect(next.log).toEqual(wholeLog('n0'));
  });
});

describe('the end of a process', () => {
  test('that a driver brings about leaves the next device to be tried, and the reason says so', async () => {
    const said: string[] = [];
    const note = (_: unknown, message?: string) => void said.push(message ?? '');
    const log = { debug: note, info: note, warn: note, error: note } as unknown as Log;
    const [item_id = 0] = edge.queue.enqueue('b', graphOf('integer'), values(1));
    start({ log, device: 'auto', device_entry: new URL('../../test/support/deadly-driver-child.ts', import.meta.url) });
    await edge.until(() => edge.queue.isDone);
    expect(edge.queue.item(item_id).log).toEqual(wholeLog('n0'));
    const [device] = edge.registrations[0]?.devices ?? [];
    expect(device?.id).not.toMatch(/cuda/);
    const ready = said.filter((message) => message.startsWith('device ready'));
    expect(ready).toEqual([expect.stringMatching(/ works \(cuda:0: trying it ended the process \(signal SIGSEGV\)/)]);
    // Nothing was claimed before a device had proven that it works.
    expect(edge.registrations).toHaveLength(1);
  });

  test('that a node brings about stands on it, with the code', async () => {
    const { hostile, next } = withNext('integer', 'leave');
    start();
    await edge.until(() => edge.queue.isDone);
    expect(hostile.log.at(-1)).toBe('invocation_error n1');
    expect(hostile.state.error?.error_message).toMatch(/2 times in a row at the node "n1".*exit code 3.*process\.exit/);
    expect(next.log).toEqual(wholeLog('n0'));
  });

  test('[R52] is charged to nobody while several sessions were in it; then each runs alone, and the killer fails', async () => {
    const image_name = createHash('sha256').update('input').digest('hex');
    edge.assets.set(image_name, Buffer.from('input'));
    const image = { node_path: 'n0', field_name: 'image', value: { image_name } };
    const [innocent = 0] = edge.queue.enqueue('innocent', graphOf('read'), [[image]]);
    // The first read never ends, so that its session is there when the other one kills the device.
    edge.faultOf = (call, number) => (call === 'asset' && number === 1 ? 'hang' : undefined);
    start({ settings: { sessions: 2 } });
    await edge.until(() => edge.calls.asset === 1);
    const { hostile } = withNext('integer', 'die');
    edge.order({ order: 'wake' });
    await edge.until(() => edge.queue.isDone);
    const { log, state } = edge.queue.item(innocent);
    expect(log).toEqual(['session_started', 'invocation_started n0', 'session_released', ...wholeLog('n0')]);
    expect(state).toMatchObject({ status: 'completed', starts: 2, charged: 0 });
    expect(hostile.log.at(-1)).toBe('invocation_error n1');
    expect(hostile.state.error?.error_message).toMatch(/2 times in a row at the node "n1"/);
    expect(count(hostile.log, 'session_started')).toBe(3);
    expect(count(hostile.log, 'invocation_complete n0')).toBe(1);
    expect(statuses()).toEqual(['completed', 'failed', 'completed']);
  });
});
