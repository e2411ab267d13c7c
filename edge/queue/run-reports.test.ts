import { describe, expect, test } from 'vitest';
import { RUN_REPORTS_MAX, SESSION_LOG_LENGTH_MAX } from '../../contract/limits.ts';
import { ItemLogs, ItemStats, type RunReport } from '../../contract/queue/statistics.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { entries } from '../../test/support/queue-entries.ts';
import { aBatch, ProtocolRunner, person, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';

const DAY_MS = 86_400_000;

const opened = async (count = 1) => {
  const fixture = await QueueFixture.open({ max_attempts: 100 });
  fixture.enqueue(plainBatch('b', count, { user_id: 'ann' }));
  return { fixture, runner: new ProtocolRunner(fixture).register() };
};

const reporting = (grant: Grant, report: RunReport) => ({ ...entries(grant).report, report });
const kept = (fixture: QueueFixture): number =>
  fixture.queue.sql.one<{ kept: number }>('SELECT COUNT(*) AS kept FROM run_reports').kept;

const oneGrant = (runner: ProtocolRunner): Grant => {
  const [grant] = runner.claim(1);
  if (!grant) throw new Error('no grant');
  return grant;
};

describe('what a runner reports of a run', () => {
  test('is kept once, also when it comes again, in one post or in another', async () => {
    const { fixture, runner } = await opened();
    const { started, result, report, complete } = entries(oneGrant(runner));
    expect(runner.post(started, result, report, report)).toEqual(['recorded', 'recorded', 'recorded', 'repeated']);
    expect(runner.post(report, complete, report)).toEqual(['repeated', 'recorded', 'repeated']);
    expect(kept(fixture)).toBe(1);
  });

  test('is shown with the queue’s own figures, and in InvokeAI’s words', async () => {
    const { fixture, runner } = await opened();
    fixture.now += 1_500;
    const { started, result, report, complete } = entries(oneGrant(runner));
    runner.post(started);
    const started_at = new Date(fixture.now).toISOString();
    fixture.now += 500;
    runner.post(result, report, complete);
    const stats = fixture.read('stats', 1);
    expect(ItemStats.parse(stats)).toEqual(stats);
    expect(stats).toEqual({
      item_id: 1,
      session_id: 'q:1',
      status: 'completed',
      queue_wait_seconds: 1.5,
      runs: [
        {
          ...{ attempt: 1, runner_id: expect.any(String), runner: expect.any(String), device: 'cpu' },
          ...{ started_at, reported_at: new Date(fixture.now).toISOString() },
          ...report.report.stats,
          graph_stats: { graph_execution_state_id: 'q:1', ...report.report.stats.graph_stats },
        },
      ],
      totals: { execution_time_seconds: 0.001, wall_time_seconds: 0.002 },
    });
    expect(fixture.read('logs', 1)).toEqual({
      ...{ item_id: 1, session_id: 'q:1', status: 'completed', lines_dropped: 0 },
      lines: [{ ...report.report.log[0], attempt: 1 }],
    });
  });

  test('belongs to its run: a released one, then the one that completes', async () => {
    const { fixture, runner } = await opened();
    const first = entries(oneGrant(runner));
    runner.post(first.started, first.report, first.released);
    fixture.now += 60_000;
    const second = oneGrant(runner);
    const { started, result, complete } = entries(second);
    runner.post(started);
    // The first run is over: nothing of it is taken any more.
    expect(runner.post(first.report)).toEqual(['stale']);
    const at = new Date(fixture.now).toISOString();
    const log = [{ at, level: 'warn' as const, message: 'again', invocation_id: 'n' }];
    runner.post(reporting(second, { log, log_lines_dropped: 3 }), result, complete);
    const { runs, totals } = fixture.read('stats', 1);
    expect(runs.map((run) => run.attempt)).toEqual([1, 2]);
    expect(runs[1]).toMatchObject({ started_at: at });
    // A report without figures leaves those that its results tell.
    expect(runs[1]).toMatchObject({ node_stats: [{ num_calls: 1, time_used_seconds: result.seconds }] });
    expect(totals?.execution_time_seconds).toBeCloseTo(0.001 + result.seconds);
    const logs = fixture.read('logs', 1);
    expect(ItemLogs.parse(logs)).toEqual(logs);
    expect(logs.lines.map(({ attempt, message }) => `${attempt} ${message}`)).toEqual(['1 hello', '2 again']);
    expect(logs.lines_dropped).toBe(3);
  });

  test('may be absent: what the run recorded tells its figures, also of one that was lost with its runner', async () => {
    const { fixture, runner } = await opened();
    const lost = entries(oneGrant(runner));
    runner.post(lost.started, lost.result);
    runner.post(lost.released);
    const { started, complete } = entries(oneGrant(runner));
    runner.post(started, { ...complete, results: 1 });
    const stats = fixture.read('stats', 1);
    expect(ItemStats.parse(stats)).toEqual(stats);
    const wall = (Date.parse(lost.result.completed_at) - Date.parse(lost.result.started_at)) / 1_000;
    expect(stats.runs).toEqual([
      {
        ...{ attempt: 1, runner_id: expect.any(String), runner: expect.any(String), device: 'cpu' },
        started_at: lost.result.started_at,
        graph_stats: {
          ...{ graph_execution_state_id: 'q:1', execution_time_seconds: lost.result.seconds, wall_time_seconds: wall },
        },
        node_stats: [{ node_type: expect.any(String), num_calls: 1, time_used_seconds: lost.result.seconds }],
      },
    ]);
    expect(stats.totals).toEqual({ execution_time_seconds: lost.result.seconds, wall_time_seconds: wall });
    expect(kept(fixture)).toBe(0);
  });

  test('is taken after a cancel too, when the run comes to its end, and moves nothing', async () => {
    const { fixture, runner } = await opened();
    const { started, report, stopped } = entries(oneGrant(runner));
    runner.post(started);
    const before = fixture.command('cancel_item', 1);
    expect(runner.post(report, stopped)).toEqual(['recorded', 'repeated']);
    expect(fixture.read('item', 1).summary).toMatchObject({ status_sequence: before.status_sequence });
    expect(fixture.read('stats', 1)).toMatchObject({ status: 'canceled', runs: [{ attempt: 1 }] });
    expect(fixture.log.at(-1)?.body.facts[0]?.[0]).toBe('status');
  });

  test('is nobody’s but the lease’s: not under another token, not of a removed item', async () => {
    const { fixture, runner } = await opened(2);
    const [first, second] = runner.claim(2).map((grant) => entries(grant));
    if (!first || !second) throw new Error('no grants');
    runner.post(first.started, second.started);
    expect(runner.post({ ...first.report, token: 'wrong' })).toEqual(['stale']);
    fixture.command('delete_item', 1);
    expect(runner.post(first.report, second.report)).toEqual(['gone', 'recorded']);
    expect(kept(fixture)).toBe(1);
  });

  test('is for the owner and admins', async () => {
    const { fixture } = await opened();
    for (const name of ['stats', 'logs'] as const) {
      expect(fixture.read(name, 1, person('ann'))).toMatchObject({ item_id: 1, status: 'pending' });
      expect(() => fixture.read(name, 1, person('bob'))).toThrow(/somebody else/);
      expect(() => fixture.read(name, 2)).toThrow(/no item 2/);
    }
    expect(fixture.read('stats', 1)).not.toHaveProperty('queue_wait_seconds');
  });
});

describe('what is kept of reports', () => {
  test('is the latest runs of an item', async () => {
    const { fixture, runner } = await opened();
    for (let run = 0; run < RUN_REPORTS_MAX + 5; run++) {
      const { started, report, released } = entries(oneGrant(runner));
      runner.post(started, report, released);
    }
    const attempts = fixture.read('stats', 1).runs.map((run) => run.attempt);
    expect(attempts).toEqual(Array.from({ length: RUN_REPORTS_MAX }, (_, index) => index + 6));
  });

  test('of a log as much as fits, from both ends, and the rest is counted', async () => {
    const { fixture, runner } = await opened();
    const grant = oneGrant(runner);
    const at = new Date(0).toISOString();
    const log = Array.from({ length: 200 }, (_, index) => ({
      ...{ at, level: 'info' as const },
      message: `${index} ${'\0'.repeat(1_000)}`,
    }));
    runner.post(entries(grant).started, reporting(grant, { log, log_lines_dropped: 7 }));
    const { lines, lines_dropped } = fixture.read('logs', 1);
    expect(lines.length + lines_dropped).toBe(207);
    expect(JSON.stringify(lines).length).toBeLessThan(SESSION_LOG_LENGTH_MAX * 1.01);
    expect(lines.length).toBeGreaterThan(15);
    expect([lines[0], lines.at(-1)].map((line) => Number.parseInt(line?.message ?? '', 10))).toEqual([0, 199]);
  });

  test('goes with the item, and one that is removed meanwhile leaves nothing', async () => {
    const fixture = await QueueFixture.open({ events_retention_seconds: 60, events_retention_count: 0 });
    fixture.enqueue(plainBatch('b', 300));
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(300)) {
      const { started, report, result, complete } = entries(grant);
      runner.post(started, result, report, complete);
    }
    expect(kept(fixture)).toBe(300);
    fixture.command('clear', null);
    const until = fixture.now + DAY_MS;
    while (fixture.alarm_at !== null && fixture.alarm_at <= until) fixture.ring(fixture.alarm_at);
    expect(kept(fixture)).toBe(0);
    expect(fixture.queue.sql.all('SELECT 1 FROM items')).toEqual([]);
  });

  test('costs one row a run', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(aBatch());
    const runner = new ProtocolRunner(fixture).register();
    const grants = runner.claim(3);
    runner.post(...grants.map((grant) => entries(grant).started));
    const changes = () => fixture.queue.sql.one<{ changes: number }>('SELECT total_changes() AS changes').changes;
    const before = changes();
    runner.post(...grants.map((grant) => entries(grant).report));
    expect(changes() - before).toBeLessThanOrEqual(3 + 2);
  });
});
