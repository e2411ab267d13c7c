import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SESSION_LOG_LINES_MAX } from '../../contract/limits.ts';
import { edge, graphOf, start, useEdge, values } from './testing/agents.ts';

useEdge();

const reportsOf = (item_id: number) => [...edge.queue.item(item_id).reports.values()];
const linesOf = (item_id: number) =>
  reportsOf(item_id).map(({ log }) =>
    log.map(({ level, message, invocation_id = '-' }) => `${level} ${invocation_id} ${message}`),
  );

const texts = (count: number) =>
  values(count, 'n0', 'text').map(([field]) => [{ ...field!, value: `text ${field?.value}` }]);

test('every run is reported on once, whatever the network does: its nodes, and no log that nobody wrote', async () => {
  const ids = edge.queue.enqueue('b', graphOf('write'), texts(40));
  edge.faultOf = (_, number) => (['lose', undefined, 'twice', 'cut'] as const)[number % 4];
  start({ settings: { cache_entries: 0 } });
  await edge.until(() => edge.queue.isDone);
  for (const id of ids) {
    const [report, ...others] = reportsOf(id);
    expect(others).toEqual([]);
    expect(report?.stats).toMatchObject({
      graph_stats: { wall_time_seconds: expect.any(Number), ram_usage_gb: expect.any(Number) },
      node_stats: [{ node_type: 'write', num_calls: 1 }],
      transfer: { bytes_written: expect.any(Number), bytes_read: 0 },
    });
    expect(report?.stats).not.toHaveProperty('model_load_seconds');
    expect(report?.stats).not.toHaveProperty('model_cache_stats');
    expect(report?.stats).not.toHaveProperty('invocation_cache');
    expect(report?.log).toEqual([]);
  }
});

test('the report comes after everything that the run says, and before its last word', async () => {
  const [failing = 0] = edge.queue.enqueue('b', graphOf('integer', 'fail'), values(1));
  start();
  await edge.until(() => edge.queue.item(failing).reports.size === 1);
  expect(edge.queue.item(failing).log.at(-1)).toBe('invocation_error n1');
  expect(reportsOf(failing)[0]?.stats?.node_stats).toEqual([
    expect.objectContaining({ node_type: 'integer', num_calls: 1 }),
    expect.objectContaining({ node_type: 'fail', num_calls: 1, failures: 1 }),
  ]);
  expect(linesOf(failing)).toEqual([['warn n1 DeedError: it did not work']]);
});

test('of a long log the first lines and the last come, and how many were between', async () => {
  const lines = 1_500;
  const [item_id = 0] = edge.queue.enqueue('b', graphOf('speak'), [
    [{ node_path: 'n0', field_name: 'value', value: lines }],
  ]);
  start();
  await edge.until(() => edge.queue.isDone);
  const [report] = reportsOf(item_id);
  expect(report?.log_lines_dropped).toBe(lines - SESSION_LOG_LINES_MAX);
  const half = SESSION_LOG_LINES_MAX / 2;
  const messages = report?.log.map(({ message }) => message) ?? [];
  expect([messages[0], messages[half - 1], messages[half], messages.at(-1)]).toEqual([
    ...['line 0', `line ${half - 1}`],
    ...[`line ${lines - half}`, `line ${lines - 1}`],
  ]);
});

test('what a node logged right before its process was killed is there, with how the process ended', async () => {
  const [item_id = 0] = edge.queue.enqueue('b', graphOf('speak', 'last_words'), values(2).slice(1));
  start();
  await edge.until(() => edge.queue.isDone);
  const runs = linesOf(item_id);
  expect(runs.map(([first, second]) => [first, second])).toEqual([
    ['info n0 line 0', 'info n1 goodbye'],
    ['info n1 goodbye', expect.stringMatching(/^warn n1 The device process ended: .*SIGKILL/)],
  ]);
  for (const lines of runs) expect(lines.at(-1)).toMatch(/^warn n1 The device process ended: .*SIGKILL/);
  expect(reportsOf(item_id).map(({ stats }) => stats)).toEqual([undefined, undefined]);
});

test('a run that a user cancels is reported on when it has stopped', async () => {
  const [item_id = 0] = edge.queue.enqueue('b', graphOf('steps'), values(1));
  start();
  await edge.until(() => edge.queue.item(item_id).log.includes('invocation_started n0') && edge.socketCount === 1);
  edge.cancel(item_id);
  await edge.until(() => edge.queue.item(item_id).reports.size === 1);
  expect(edge.queue.item(item_id).state.status).toBe('canceled');
  expect(reportsOf(item_id)[0]?.stats?.graph_stats.wall_time_seconds).toBeGreaterThan(0);
});

test('with --stats each run leaves a file', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-stats-'));
  try {
    edge.queue.enqueue('b', graphOf('write'), texts(2));
    start({ settings: { stats: folder } });
    await edge.until(() => edge.queue.isDone);
    expect(readdirSync(folder).sort()).toEqual(['session-1.1.json', 'session-2.1.json']);
    const dumped = JSON.parse(readFileSync(path.join(folder, 'session-1.1.json'), 'utf8')) as object;
    expect(dumped).toMatchObject({
      graph_stats: { graph_execution_state_id: 'session-1' },
      transfer: { bytes_written: 6, bytes_read: 0 },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
