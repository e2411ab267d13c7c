import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MARK_EVERY_CHARACTERS,
  MARK_EVERY_DOCUMENTS,
  REPLAY_MARKS_MAX,
  UNACKNOWLEDGED_CHARACTERS_MAX,
  UNACKNOWLEDGED_DOCUMENTS_MAX,
} from '../../contract/event/stream.ts';
import { acknowledged, type Flow, hasRoom, isBehind, isBusy, marked, STILL, sent, wantsMark } from './flow.ts';

const withMarks = (...sequences: number[]): Flow =>
  sequences.reduce((flow, sequence) => marked(sent(flow, { documents: 10, characters: 1_000 }), sequence), STILL);

describe('the flow to a socket', () => {
  test.each([
    ['nothing', 0, 0, false],
    ['a little', MARK_EVERY_DOCUMENTS - 1, MARK_EVERY_CHARACTERS - 1, false],
    ['many documents', MARK_EVERY_DOCUMENTS, 1, true],
    ['one long document', 1, MARK_EVERY_CHARACTERS, true],
  ])('wants a mark after %s', (_, documents, characters, expected) => {
    expect(wantsMark(sent(STILL, { documents, characters }))).toBe(expected);
  });

  test.each([
    ['of nothing that was marked', [5, 9], 4, [5, 9]],
    ['of the first mark', [5, 9], 5, [9]],
    ['between two marks', [5, 9], 7, [9]],
    ['of the last mark', [5, 9], 9, []],
    ['of more than was sent', [5, 9], 1e9, []],
    ['of one of two marks after the same event', [5, 9, 9], 9, [9]],
    ['when nothing is marked', [], 3, []],
  ])('takes an answer %s', (_, marks, ack, left) => {
    expect(acknowledged(withMarks(...marks), ack).marks.map(([sequence]) => sequence)).toEqual(left);
  });

  test('is behind past the limit of documents, and past that of characters', () => {
    const most = { documents: UNACKNOWLEDGED_DOCUMENTS_MAX, characters: UNACKNOWLEDGED_CHARACTERS_MAX };
    const flow = marked(sent(STILL, most), 7);
    expect(isBehind(flow)).toBe(false);
    expect(isBehind(sent(flow, { documents: 1, characters: 0 }))).toBe(true);
    expect(isBehind(sent(flow, { documents: 0, characters: 1 }))).toBe(true);
    expect(isBehind(sent(acknowledged(flow, 7), { documents: 1, characters: 1 }))).toBe(false);
  });

  test('a client that answers every mark is never behind, and always gets more', () => {
    const size = fc.record({ documents: fc.nat(500), characters: fc.nat(300_000) });
    fc.assert(
      fc.property(fc.array(fc.tuple(size, fc.boolean())), (steps) => {
        let flow = STILL;
        let sequence = 0;
        const unanswered: number[] = [];
        for (const [more, answers] of steps) {
          flow = sent(flow, more);
          sequence += more.documents;
          if (wantsMark(flow)) {
            flow = marked(flow, sequence);
            unanswered.push(sequence);
          }
          if (!answers && hasRoom(flow)) continue;
          // However late, it answers in order, and with one answer each.
          for (const mark of unanswered.splice(0)) flow = acknowledged(flow, mark);
          expect(flow.marks).toEqual([]);
          expect(hasRoom(flow)).toBe(true);
        }
        expect(isBehind(flow)).toBe(false);
      }),
    );
  });

  test('one that answers nothing gets a window, and its progress waits before', () => {
    let flow = STILL;
    for (let mark = 1; hasRoom(flow); mark++) {
      expect(isBusy(flow)).toBe(mark > 2);
      flow = marked(sent(flow, { documents: MARK_EVERY_DOCUMENTS, characters: 1 }), mark);
    }
    expect(flow.marks).toHaveLength(REPLAY_MARKS_MAX);
    expect(isBehind(flow)).toBe(false);
  });
});
