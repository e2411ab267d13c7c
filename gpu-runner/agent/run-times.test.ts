import { expect, test } from 'vitest';
import type { FlightRecord } from '../device/flight-recorder.ts';
import { overdueError, RunTimes } from './run-times.ts';

let sequence = 0;

/** Each of them has had the thread since the look before, and the first had it last. */
const at = (...running: [ticket: number, invocation_id: string | null][]): FlightRecord => ({
  running: running.map(([ticket, invocation_id]) => ({ ticket, invocation_id })),
  current: running[0]?.[0] ?? null,
  sequence: ++sequence,
});
const LIMITS = { max_run_seconds: 10, max_node_seconds: 2 };
const all = () => LIMITS;

test('a node is over its limit that long after it was seen first, and another node begins anew', () => {
  const times = new RunTimes();
  times.look(at([1, 'a']), 1_000);
  times.look(at([1, 'a']), 2_900);
  expect(times.judge(all)).toEqual({ overdue: [], next: 3_000 });
  times.look(at([1, 'b']), 2_999);
  expect(times.judge(all)).toEqual({ overdue: [], next: 4_999 });
  times.look(at([1, 'b']), 4_999);
  expect(times.judge(all).overdue).toEqual([
    { ticket: 1, what: 'node', limit_seconds: 2, node: { invocation_id: 'b', since: 2_999 } },
  ]);
});

test('a session is over its limit whatever nodes it is at, and before its first', () => {
  const times = new RunTimes();
  times.look(at([1, null], [2, 'a']), 0);
  for (let now = 1_000; now <= 9_000; now += 1_000) {
    times.look(at([1, null], [2, `a#${now}`]), now);
    expect(times.judge(all).overdue).toEqual([]);
  }
  times.look(at([1, null], [2, 'a#9000']), 10_000);
  expect(times.judge(all).overdue).toMatchObject([
    { ticket: 1, what: 'session', node: null },
    { ticket: 2, what: 'session', node: { invocation_id: 'a#9000' } },
  ]);
});

test('a session that does not get the thread is not over its limit for the one that keeps it', () => {
  const times = new RunTimes();
  const blocked = at([2, 'hang'], [1, 'a']);
  times.look(at([1, 'a'], [2, 'before']), 0);
  for (let now = 500; now <= 2_500; now += 500) times.look(blocked, now);
  expect(times.judge(all).overdue).toMatchObject([{ ticket: 2, what: 'node', node: { since: 500 } }]);
  // Once the thread is free again, its own time counts: half a second of it until now.
  times.look(at([1, 'a']), 4_500);
  expect(times.judge(all).overdue).toMatchObject([{ ticket: 1, node: { invocation_id: 'a', since: 0 } }]);
});

test('a clock that jumps, either way, and a machine that slept end nothing', () => {
  const times = new RunTimes();
  for (const now of [0, 1_000, 3_600_000, 1_000, 1_500]) times.look(at([1, null]), now);
  expect(times.judge(all)).toEqual({ overdue: [], next: 1_500 + 10_000 - 1_000 - 2_000 - 500 });
});

test('who ended is forgotten, who comes after in the same place begins anew, and without limits nothing is due', () => {
  const times = new RunTimes();
  times.look(at([1, 'a']), 0);
  times.look(at([2, 'a']), 5_000);
  expect(times.judge(all)).toEqual({ overdue: [], next: 7_000 });
  expect(times.judge(() => null)).toEqual({ overdue: [], next: null });
  expect(times.judge(() => ({ max_run_seconds: null, max_node_seconds: null })).next).toBeNull();
});

test('the error names the limit, its seconds and the node', () => {
  const node = { invocation_id: 'n#1', since: 0 };
  const said = (what: 'node' | 'session', limit_seconds: number, seen: typeof node | null) =>
    overdueError({ ticket: 1, what, limit_seconds, node: seen }).error_message;
  expect(said('node', 2, node)).toBe('The node "n#1" ran longer than the 2 seconds that it may (max_node_seconds).');
  expect(said('session', 1, node)).toBe(
    'The session ran longer than the 1 second that it may (max_run_seconds); it was at the node "n#1".',
  );
  expect(said('session', 1, null)).toBe('The session ran longer than the 1 second that it may (max_run_seconds).');
});
