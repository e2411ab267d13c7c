import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { FakeEdge } from '../../test/support/fake-edge.ts';

let edge: FakeEdge;
let cache: string;
let process_: ChildProcess;
/** The agent and its device share the pipe: it closes when both are gone. */
let allGone: Promise<[code: number | null, signal: string | null]>;

beforeEach(async () => {
  edge = await new FakeEdge().open();
  cache = mkdtempSync(path.join(os.tmpdir(), 'switchyard-process-'));
  const script = fileURLToPath(new URL('../../test/support/agent-process.ts', import.meta.url));
  const { url, key, queue_id } = edge.address;
  const args = ['--disable-warning=ExperimentalWarning', script, url, key, queue_id, cache];
  process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  allGone = once(process_, 'close') as typeof allGone;
});

afterEach(async () => {
  process_.kill('SIGKILL');
  await allGone;
  await edge.close();
  rmSync(cache, { recursive: true });
});

const graphOf = (...types: string[]): PinnedGraph => ({
  engine: 1,
  types: Object.fromEntries(types.map((type) => [type, '1.0.0'])),
  nodes: types.map((type, index) => ({ id: `n${index}`, type, value: 0, is_intermediate: false, use_cache: true })),
  edges: types.slice(1).map((_, index) => ({
    source: { node_id: `n${index}`, field: 'value' },
    destination: { node_id: `n${index + 1}`, field: 'value' },
  })),
});

async function running(...types: string[]): Promise<number> {
  const [item_id = 0] = edge.queue.enqueue('b', graphOf(...types), [[]]);
  await edge.until(() => edge.queue.item(item_id).log.includes(`invocation_started n${types.length - 1}`));
  return item_id;
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '[P139] %s gives the running session back and leaves nothing behind',
  async (signal) => {
    const item_id = await running('pid', 'steps');
    process_.kill(signal);
    const [code] = await allGone;
    expect(code).toBe(0);
    const { log, results, state } = edge.queue.item(item_id);
    expect(log.at(-1)).toBe('session_released');
    expect(state.status).toBe('pending');
    expect(isGone(Number(results[0]?.result.value))).toBe(true);
  },
);

test('a second signal does not wait for the grace period', async () => {
  const item_id = await running('steps');
  process_.kill('SIGTERM');
  process_.kill('SIGINT');
  expect((await allGone)[0]).toBe(0);
  expect(edge.queue.item(item_id).log.at(-1)).toBe('session_released');
});

test.each(['steps', 'hang'])('an agent that is killed leaves no device behind, not even one in "%s"', async (type) => {
  await running(type);
  process_.kill('SIGKILL');
  expect((await allGone)[1]).toBe('SIGKILL');
});

test('a device that is killed from outside is replaced, and its session runs again with its results', async () => {
  const item_id = await running('pid', 'steps');
  const { results } = edge.queue.item(item_id);
  process.kill(Number(results[0]?.result.value), 'SIGKILL');
  const starts = () => edge.queue.item(item_id).log.filter((kind) => kind === 'session_started').length;
  await edge.until(() => starts() === 2);
  await edge.until(() => edge.queue.item(item_id).log.at(-1) === 'invocation_started n1');
  expect(edge.queue.item(item_id).results).toEqual(results);
});
