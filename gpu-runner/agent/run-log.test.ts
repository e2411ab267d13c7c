import { describe, expect, test } from 'vitest';
import { LOG_MESSAGE_LENGTH_MAX, SESSION_LOG_LINES_MAX } from '../../contract/limits.ts';
import { CallbackEntry } from '../../contract/runner/callbacks.ts';
import { RunLog, sessionReport } from './run-log.ts';

const LEASE = { item_id: 7, fence: 2, token: 't' };

const logOf = (count: number): RunLog => {
  const log = new RunLog();
  for (let index = 0; index < count; index++) log.add(index, { level: 'info', message: `line ${index}` });
  return log;
};

const messages = (log: RunLog) => log.report.log.map((line) => line.message);

describe('the log of a run', () => {
  test('keeps everything up to its limit', () => {
    const log = logOf(SESSION_LOG_LINES_MAX);
    expect(messages(log)).toEqual(Array.from({ length: SESSION_LOG_LINES_MAX }, (_, index) => `line ${index}`));
    expect(log.report).not.toHaveProperty('log_lines_dropped');
  });

  test.each([1, 37, 100, 1_234])('keeps the first and the last half, and counts the %i between', (dropped) => {
    const half = SESSION_LOG_LINES_MAX / 2;
    const log = logOf(SESSION_LOG_LINES_MAX + dropped);
    const expected = Array.from({ length: SESSION_LOG_LINES_MAX + dropped }, (_, index) => `line ${index}`);
    expect(messages(log)).toEqual([...expected.slice(0, half), ...expected.slice(-half)]);
    expect(log.report.log_lines_dropped).toBe(dropped);
  });

  test('cuts what is too long for the queue', () => {
    const log = new RunLog();
    log.add(0, { level: 'error', message: 'x'.repeat(LOG_MESSAGE_LENGTH_MAX + 1), invocation_id: 'n#0,1' });
    const [line] = log.report.log;
    expect(line?.message).toHaveLength(LOG_MESSAGE_LENGTH_MAX);
    expect(line).toMatchObject({ at: '1970-01-01T00:00:00.000Z', level: 'error', invocation_id: 'n#0,1' });
  });
});

describe('the report of a run', () => {
  const stats = '{"graph_stats":{"execution_time_seconds":0,"wall_time_seconds":0},"node_stats":[]}';

  test.each([
    ['statistics and log', stats, logOf(2)],
    ['statistics alone', stats, undefined],
    ['a log alone', undefined, logOf(1)],
    ['a log that had to drop lines', undefined, logOf(1_000)],
  ])('is an entry that the queue takes: %s', (_, given, log) => {
    const entry = CallbackEntry.parse(JSON.parse(sessionReport(LEASE, given, log) ?? ''));
    expect(entry).toMatchObject({ ...LEASE, kind: 'session_report' });
    const { report } = entry as Extract<CallbackEntry, { kind: 'session_report' }>;
    expect(report.stats).toEqual(given === undefined ? undefined : JSON.parse(given));
    expect(report.log).toEqual(log?.report.log ?? []);
    expect(report.log_lines_dropped).toBe(log?.report.log_lines_dropped);
  });

  test('there is none when there is nothing to say', () => {
    expect(sessionReport(LEASE, undefined, undefined)).toBeNull();
  });
});
