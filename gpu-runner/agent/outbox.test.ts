import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallbackAnswer, CallbackKind } from '../../contract/runner/callbacks.ts';
import { Outbox, type OutboxEntry, type Posted } from './outbox.ts';

const ALL = { entries: 100, characters: 1_000_000 };

const entry = (json: string, kind: CallbackKind = 'invocation_complete'): OutboxEntry => ({ kind, json });
const texts = (posted: readonly Posted[]) => posted.map(({ entry: { json } }) => json);

function filled(...lines: string[][]): Outbox {
  const outbox = new Outbox();
  for (const [index, jsons] of lines.entries()) for (const json of jsons) outbox.append(index + 1, entry(json));
  return outbox;
}

const answer = (outbox: Outbox, posted: readonly Posted[], ...answers: CallbackAnswer[]) =>
  outbox.settle(
    posted,
    answers.map((each) => ({ answer: each })),
  );

describe('taking', () => {
  test('what is in flight is not taken again', () => {
    const outbox = filled(['a1', 'a2'], ['b1']);
    expect(texts(outbox.take(ALL))).toEqual(['a1', 'a2', 'b1']);
    expect(outbox.take(ALL)).toEqual([]);
  });

  test('an unanswered post goes again, in order and with what came meanwhile', () => {
    const outbox = filled(['a1', 'a2']);
    outbox.take({ ...ALL, entries: 1 });
    outbox.append(1, entry('a3'));
    outbox.unsent();
    expect(texts(outbox.take(ALL))).toEqual(['a1', 'a2', 'a3']);
  });

  test('limits hold, and one entry goes whatever its size', () => {
    const outbox = filled(['aaaa', 'bbbb', 'cccc']);
    expect(texts(outbox.take({ entries: 100, characters: 9 }))).toEqual(['aaaa', 'bbbb']);
    expect(texts(outbox.take({ entries: 100, characters: 1 }))).toEqual(['cccc']);
  });

  test('an asset holds back what follows it in its own line, until it is stored', () => {
    const outbox = filled(['a1'], ['b1']);
    outbox.hold(1, 'picture');
    outbox.append(1, entry('a2'));
    expect(texts(outbox.take(ALL))).toEqual(['a1', 'b1']);
    expect(outbox.waitingFor('picture')).toEqual([1]);
    outbox.stored('picture');
    expect(texts(outbox.take(ALL))).toEqual(['a2']);
    expect(outbox.waitingFor('picture')).toEqual([]);
  });

  test('an entry waits for all that was held before it, and for nothing that is held again after it', () => {
    const outbox = new Outbox();
    for (const asset of ['x', 'y']) {
      outbox.hold(1, asset);
      outbox.append(1, entry(asset));
    }
    outbox.stored('y');
    expect(outbox.take(ALL)).toEqual([]);
    outbox.stored('x');
    outbox.hold(1, 'x');
    outbox.append(1, entry('later'));
    expect(texts(outbox.take(ALL))).toEqual(['x', 'y']);
    outbox.stored('x');
    expect(texts(outbox.take(ALL))).toEqual(['later']);
  });

  test('thousands of assets on their way cost what they are, not that times the entries behind them', () => {
    const before = process.memoryUsage().heapUsed;
    const outbox = new Outbox();
    for (let index = 0; index < 5_000; index++) {
      outbox.hold(1, `asset ${index}`);
      outbox.append(1, entry('{}'));
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
    expect(outbox.take(ALL)).toEqual([]);
  });
});

describe('answers', () => {
  test.each<[CallbackAnswer, CallbackKind, string | undefined]>([
    ['recorded', 'invocation_complete', undefined],
    ['repeated', 'invocation_complete', undefined],
    ['recorded', 'session_complete', 'finished'],
    ['repeated', 'session_complete', 'finished'],
    ['recorded', 'session_failed', 'finished'],
    ['recorded', 'session_released', 'finished'],
    ['repeated', 'session_stopped', 'finished'],
    ['stale', 'invocation_complete', 'lost'],
    ['gone', 'session_complete', 'lost'],
    ['invalid', 'invocation_complete', 'invalid'],
    // Nothing earlier is here to send again.
    ['premature', 'session_complete', 'missing'],
  ])('%s to %s → %s', (given, kind, outcome) => {
    const outbox = new Outbox();
    outbox.append(1, entry('x', kind));
    expect(answer(outbox, outbox.take(ALL), given).map((each) => each.outcome)).toEqual(outcome ? [outcome] : []);
  });

  test('a bad entry ends its own line only', () => {
    const outbox = filled(['a1', 'a2'], ['b1']);
    const outcomes = answer(outbox, outbox.take(ALL), 'stale', 'stale', 'recorded');
    expect(outcomes).toEqual([{ ticket: 1, outcome: 'lost', detail: undefined }]);
    expect(outbox.isEmpty).toBe(false);
    outbox.drop(1);
    expect(outbox.isEmpty).toBe(true);
  });

  test('what is missed is sent again from the earlier ones, and given up when that does not help', () => {
    const outbox = filled(['a1', 'a2']);
    answer(outbox, outbox.take(ALL), 'recorded', 'recorded');
    outbox.append(1, entry('end', 'session_complete'));
    expect(answer(outbox, outbox.take(ALL), 'premature')).toEqual([]);
    const again = outbox.take(ALL);
    expect(texts(again)).toEqual(['a1', 'a2', 'end']);
    expect(answer(outbox, again, 'repeated', 'repeated', 'premature').map(({ outcome }) => outcome)).toEqual([
      'missing',
    ]);
  });

  test('what was lost on the other side is recorded anew', () => {
    const outbox = filled(['a1', 'a2']);
    answer(outbox, outbox.take(ALL), 'recorded', 'recorded');
    outbox.append(1, entry('end', 'session_complete'));
    answer(outbox, outbox.take(ALL), 'premature');
    const outcomes = answer(outbox, outbox.take(ALL), 'repeated', 'recorded', 'recorded');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['finished']);
  });

  test('a line that was dropped meanwhile is left alone', () => {
    const outbox = filled(['a1']);
    const posted = outbox.take(ALL);
    outbox.drop(1);
    outbox.append(1, entry('instead', 'session_failed'));
    expect(answer(outbox, posted, 'recorded')).toEqual([]);
    expect(texts(outbox.take(ALL))).toEqual(['instead']);
  });
});

test('whatever gets lost, each line arrives whole, once and in order', () => {
  const lines = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
  const luck = fc.infiniteStream(fc.constantFrom('answered', 'lost on the way', 'answer lost'));
  fc.assert(
    fc.property(lines, luck, fc.integer({ min: 1, max: 50 }), (lengths, fates, entries) => {
      const outbox = new Outbox();
      lengths.forEach((length, line) => {
        for (let at = 0; at < length; at++)
          outbox.append(line, entry(String(at), at === length - 1 ? 'session_complete' : 'invocation_complete'));
      });
      const arrived = lengths.map((): number[] => []);
      let losses = 20;
      while (!outbox.isEmpty) {
        const posted = outbox.take({ ...ALL, entries });
        const fate = losses > 0 ? fates.next().value : 'answered';
        if (fate !== 'answered') losses--;
        const answers = posted.map(({ ticket, entry: { json } }) => {
          const seen = arrived[ticket]!;
          if (fate === 'lost on the way' || Number(json) < seen.length) return { answer: 'repeated' as const };
          seen.push(Number(json));
          return { answer: 'recorded' as const };
        });
        if (fate !== 'answered') outbox.unsent();
        else for (const { ticket } of outbox.settle(posted, answers)) outbox.drop(ticket);
      }
      expect(arrived).toEqual(lengths.map((length) => Array.from({ length }, (_, at) => at)));
    }),
  );
});
