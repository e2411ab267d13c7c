import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PROGRESS_PER_SECOND } from '../../contract/event/stream.ts';
import { ProgressGate } from './progress-gate.ts';

test('the first report passes, the next waits, and the newest of those that wait is sent', () => {
  const gate = new ProgressGate();
  expect(gate.offer(1, 'a', 1_000, false)).toBe(true);
  expect(gate.next_at).toBeNull();
  expect(gate.offer(1, 'b', 1_010, false)).toBe(false);
  expect(gate.offer(1, 'c', 1_020, false)).toBe(false);
  expect(gate.offer(2, 'of another item', 1_020, false)).toBe(true);
  expect(gate.next_at).toBe(1_100);
  expect(gate.due(1_099)).toEqual([]);
  expect(gate.due(1_100)).toEqual(['c']);
  expect(gate.due(1_300)).toEqual([]);
});

test('[R12] the item’s next event takes what waits, once', () => {
  const gate = new ProgressGate();
  gate.offer(1, 'a', 1_000, false);
  gate.offer(1, 'b', 1_001, false);
  expect(gate.take(1)).toBe('b');
  expect(gate.take(1)).toBeNull();
  expect(gate.due(2_000)).toEqual([]);
  expect(gate.take(7)).toBeNull();
});

test('while the client is busy with older things the newest waits, and passes afterwards', () => {
  const gate = new ProgressGate();
  expect(gate.offer(1, 'a', 1_000, true)).toBe(false);
  expect(gate.offer(1, 'b', 5_000, true)).toBe(false);
  expect(gate.due(5_000)).toEqual(['b']);
});

test('an item is heard of no more often than its share, never with an older report, and in the end with the newest', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.boolean()), { maxLength: 300 }), (steps) => {
      const gate = new ProgressGate();
      const sent: { at: number; report: number }[] = [];
      let now = 0;
      for (const [report, [wait, flushes]] of steps.entries()) {
        now += wait;
        if (gate.offer(1, String(report), now, false)) sent.push({ at: now, report });
        if (flushes) for (const text of gate.due(now)) sent.push({ at: now, report: Number(text) });
      }
      for (const text of gate.due(now + 1_000)) sent.push({ at: now + 1_000, report: Number(text) });
      for (const [index, { at, report }] of sent.entries()) {
        const before = sent[index - 1];
        if (!before) continue;
        expect(report).toBeGreaterThan(before.report);
        expect(at - before.at).toBeGreaterThanOrEqual(1_000 / PROGRESS_PER_SECOND);
      }
      expect(sent.at(-1)?.report).toBe(steps.length === 0 ? undefined : steps.length - 1);
    }),
  );
});
