/**
 * Nodes that mean harm, on the real edge and a real runner that works on two sessions at a time: the error stands on the
 * right node, nobody else is charged, and the queue goes on. In the end an admin sends the runner home.
 */
import path from 'node:path';
import { expect, test } from 'vitest';
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { RunnerView } from '../../contract/queue/queue.ts';
import { scratch } from './support/command.ts';
import { edge } from './support/graph.ts';
import { invocationsOf } from './support/invocations.ts';
import { localEdge, makeQueue } from './support/local-edge.ts';
import { TestAgent } from './support/test-agent.ts';

const PATIENCE_MS = 180_000;
const MEMORY = 600 * 1024 * 1024;

/** What each text makes its node do, how the queue ends it, and how long it may run. */
const HOSTILE: Record<string, { error_type: string; message: RegExp; max_run_seconds?: number }> = {
  'test:die': { error_type: 'ProcessorError', message: /2 times in a row at the node "text".*SIGKILL/ },
  'test:hang': { error_type: 'TimeoutError', message: /The node "text" ran longer than the 8 seconds/ },
  'test:allocate': { error_type: 'MemoryLimitError', message: /2 times in a row at the node "text".*--memory-limit/ },
  'test:fail': { error_type: 'Error', message: /it was asked to fail/ },
  'test:steps': { error_type: 'TimeoutError', message: /1 second .*at the node "text"/, max_run_seconds: 1 },
};

/** Two nodes, of which the second does what its text says. */
const graph = (value: string) => ({
  nodes: Object.fromEntries(
    [
      { id: 'before', type: 'string', value: 'before' },
      { id: 'text', type: 'string', value },
      { id: 'after', type: 'string_join', string_left: 'a' },
    ].map((node) => [node.id, { ...node, use_cache: false }]),
  ),
  edges: [edge('text.value', 'after.string_right')],
});

test('hostile nodes fail, each by its own, and everything else completes as if they were not there', {
  timeout: PATIENCE_MS,
}, async () => {
  const system = await localEdge();
  // One start may be charged: an innocent session that was charged for another one's death would fail.
  const queue = await makeQueue(system, 'hostile', { max_attempts: 1, max_node_seconds: 8 });
  const call = async <Result>(method: string, address: string): Promise<Result | null> => {
    const headers = { authorization: `Bearer ${system.key}` };
    const response = await fetch(`${system.url}/api/v1/queue/hostile/${address}`, { method, headers });
    expect(response.ok, `${address}: ${response.status}`).toBe(true);
    return response.status === 204 ? null : ((await response.json()) as Result);
  };
  const hostile = new Map<string, number>();
  const innocent: number[] = [];
  for (const [value, { max_run_seconds }] of Object.entries(HOSTILE)) {
    innocent.push((await queue.enqueueGraph({ graph: graph(`before ${value}`) })).item_id);
    const limits = max_run_seconds === undefined ? {} : { max_run_seconds };
    hostile.set(value, (await queue.enqueueGraph({ graph: graph(value), ...limits })).item_id);
    innocent.push((await queue.enqueueGraph({ graph: graph(`after ${value}`) })).item_id);
  }
  const folder = scratch();
  const settings = { sessions: 2, memory_limit_bytes: MEMORY };
  const agent = new TestAgent({
    ...{ system, queue: 'hostile', cache: path.join(folder, 'disk'), calls: path.join(folder, 'calls') },
    agent: { settings, hardCancelMs: 500 },
  });

  const ended = async (item_id: number): Promise<ItemSummary> => {
    for (;;) {
      const item = await call<ItemSummary>('GET', `i/${item_id}?wait=20`);
      if (item && ['completed', 'failed', 'canceled'].includes(item.status)) return item;
    }
  };
  for (const item_id of innocent) expect(await ended(item_id)).toMatchObject({ status: 'completed', error_type: null });
  for (const [value, item_id] of hostile) {
    const { error_type, message } = HOSTILE[value]!;
    const item = await ended(item_id);
    expect(item, value).toMatchObject({ status: 'failed', error_type });
    expect(item.error_message, value).toMatch(message);
    const records = await invocationsOf(queue, item_id);
    const told = records.map(({ invocation_id, error }) => [invocation_id, error?.error_type ?? null]);
    expect(told.at(-1), value).toEqual(['text', error_type]);
    // What was done in the last millisecond of a process may be lost with it.
    expect([[], [['before', null]]], value).toContainEqual(told.slice(0, -1));
  }

  const [runner] = (await call<RunnerView[]>('GET', 'runners')) ?? [];
  await call('PUT', `runners/${runner?.runner_id}/drain`);
  expect((await agent.ended).code, agent.output()).toBe(0);
  expect(await call<RunnerView[]>('GET', 'runners')).toEqual([]);
});
