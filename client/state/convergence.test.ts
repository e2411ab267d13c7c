import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFinal } from '../../contract/queue/status.ts';
import { isShownName, RecordedSessions } from '../testing/recorded-sessions.ts';
import { Followed, ME, Told } from '../testing/told.ts';
import type { Effect, Input } from './input.ts';
import { initialState } from './queue-state.ts';

const number = fc.nat(1_000);
const sessions = fc
  .record({
    sessions: fc.array(fc.array(number, { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
    order: fc.array(number, { maxLength: 60 }),
  })
  .map((made) => new RecordedSessions(made.sessions, made.order));

const RUNS = { numRuns: 400 };

function watching(): Followed {
  const told = new Told();
  const followed = new Followed(
    initialState({ user_id: ME }, { entries: [], floor: 0, finished: [], open: new Map() }),
  );
  followed.take(told.hello());
  return followed;
}

/** Reads that were asked for and neither answered nor given up. */
class Reads {
  #asked: Effect[] = [];

  hear(effects: readonly Effect[]): void {
    for (const effect of effects)
      if (effect.type === 'abort_read')
        this.#asked = this.#asked.filter((asked) => asked.type !== 'read_session' || asked.read !== effect.read);
      else if (effect.type === 'read_session' || effect.type === 'read_items' || effect.type === 'catch_up')
        this.#asked.push(effect);
  }

  take(): Effect | undefined {
    return this.#asked.shift();
  }

  drop(): void {
    this.#asked = [];
  }
}

function answerAll(followed: Followed, recorded: RecordedSessions, reads: Reads): void {
  for (let answered = 0; ; answered++) {
    const effect = reads.take();
    if (effect === undefined) return;
    // Reading comes to an end.
    expect(answered).toBeLessThan(200);
    for (const input of recorded.answer(effect)) reads.hear(followed.take(input));
  }
}

/** The state is what is persisted; each result, failure and end was told once. */
function expectConverged(followed: Followed, recorded: RecordedSessions): void {
  const results: string[] = [];
  const failures: string[] = [];
  const ended: string[] = [];
  for (const { item_id, status, records } of recorded.persisted().values()) {
    const item = followed.item(item_id);
    if (isFinal(status)) ended.push(`${item_id} ${status}`);
    for (const { invocation_id, error } of records)
      if (error !== null) failures.push(`${item_id} ${invocation_id}`);
      else if (isShownName(invocation_id)) results.push(`${item_id} ${invocation_id}`);
    // Whatever came and went unseen is known by its results.
    if (item === undefined && isFinal(status)) continue;
    expect(item?.status).toBe(status);
    expect(item?.whole, `item ${item_id}, ${status}`).toBe(true);
    for (const node_id of ['n', 'm', 'hidden']) {
      const own = records.filter((record) => record.invocation_source_id === node_id);
      const node = item?.nodes.get(node_id);
      expect({
        completed: node?.completed ?? 0,
        failed: node?.failed ?? 0,
        error: node?.error ?? null,
        outputs: new Map(node?.outputs.map((output) => [output.invocation_id, output.result])),
      }).toEqual({
        completed: own.filter((record) => record.error === null).length,
        failed: own.filter((record) => record.error !== null).length,
        error: own.find((record) => record.error !== null)?.error ?? null,
        outputs: new Map(own.flatMap((record) => (record.result ? [[record.invocation_id, record.result]] : []))),
      });
      if (isFinal(status)) expect(node?.in_progress ?? 0).toBe(0);
    }
  }
  const name = ({ item_id, invocation_id }: { item_id: number; invocation_id: string }) =>
    `${item_id} ${invocation_id}`;
  expect(
    followed
      .of('result')
      .map(({ entry }) => name(entry))
      .sort(),
  ).toEqual(results.sort());
  expect(followed.state.gallery.entries.map(name).sort()).toEqual(results);
  expect(followed.of('node_failed').map(name).sort()).toEqual(
    expect.arrayContaining(failures.filter((failure) => followed.item(Number(failure.split(' ')[0])))),
  );
  expect(new Set(followed.of('node_failed').map(name)).size).toBe(followed.of('node_failed').length);
  expect(
    followed
      .of('ended')
      .map(({ item_id, status }) => `${item_id} ${status}`)
      .sort(),
  ).toEqual(ended.sort());
}

test('[S169] [S175] any order of a log’s events, with repetitions, ends in what is persisted once the reads are answered', () => {
  fc.assert(
    fc.property(sessions, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 120 }), (recorded, moves) => {
      const inputs: Input[] = [...recorded.inputs];
      for (const [from, to] of moves) {
        const input = inputs[from % inputs.length];
        if (input === undefined) continue;
        if (from % 3 === 0) inputs.splice(to % inputs.length, 0, input);
        else {
          inputs.splice(from % inputs.length, 1);
          inputs.splice(to % (inputs.length + 1), 0, input);
        }
      }
      const followed = watching();
      const reads = new Reads();
      for (const input of inputs) reads.hear(followed.take(input));
      answerAll(followed, recorded, reads);
      expectConverged(followed, recorded);
    }),
    RUNS,
  );
});

test('[RQ1] [RQ6] connections that break, resumes that overlap, snapshots, and answers at any time end in what is persisted', () => {
  const action = fc.record({ kind: fc.constantFrom('hear', 'answer', 'resume', 'snapshot', 'fail'), count: fc.nat(6) });
  fc.assert(
    fc.property(sessions, fc.array(action, { maxLength: 60 }), (recorded, actions) => {
      const { inputs } = recorded;
      const followed = watching();
      const reads = new Reads();
      /** Events that were heard, and those that the service has written: it may be ahead. */
      let heard = 0;
      let written = 0;
      const hear = (...given: Input[]) => reads.hear(followed.take(...given));
      const told = new Told();
      const goOn = (through: number) => {
        for (; heard < through; heard++) hear(inputs[heard] as Input);
      };
      for (const { kind, count } of [...actions, { kind: 'hear', count: inputs.length }]) {
        written = Math.max(written, Math.min(inputs.length, heard + count));
        if (kind === 'hear') goOn(Math.min(inputs.length, heard + count));
        else if (kind === 'answer' || kind === 'fail') {
          const effect = reads.take();
          if (effect === undefined) continue;
          if (kind === 'fail' && effect.type === 'read_session') {
            hear({ type: 'read_failed', item_id: effect.item_id, read: effect.read });
          } else for (const input of recorded.answer(effect, written)) hear(input);
        } else {
          hear({ type: 'disconnected' });
          // The shell repeats what is not a session's until it is answered.
          const from = kind === 'resume' ? Math.max(0, heard - count) : written;
          told.sequence = written;
          if (kind === 'resume') {
            hear(told.hello('replay'), ...inputs.slice(from, heard));
            goOn(written);
          } else {
            hear(told.hello('snapshot'), told.snapshot(recorded.running(written)));
            heard = written;
          }
          hear(told.live());
        }
      }
      // The last connection is a whole one.
      hear({ type: 'disconnected' });
      told.sequence = heard;
      hear(told.hello('current'));
      answerAll(followed, recorded, reads);
      expectConverged(followed, recorded);
    }),
    RUNS,
  );
});
