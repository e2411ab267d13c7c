/**
 * The log of a queue with some sessions, made from a list of numbers, and the service that wrote it: what is persisted
 * after each event, from which reads are answered.
 */
import type { InvocationRecord } from '../../contract/queue/item.ts';
import { isFinal, type Status } from '../../contract/queue/status.ts';
import type { Effect, Input } from '../state/input.ts';
import { ERROR, imageOf, record, row, Told } from './told.ts';

type FrameInput = Extract<Input, { type: 'frame' }>;

export interface PersistedItem {
  item_id: number;
  status: Status;
  status_sequence: number;
  /** In order of completion. */
  records: readonly InvocationRecord[];
}

/** One event, and what is persisted once it is told. */
interface Entry {
  input: FrameInput;
  item: PersistedItem;
}

export const isShownName = (invocation_id: string): boolean => !invocation_id.startsWith('hidden');

/** Takes numbers one after another; past the end they are 0. */
class Choices {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** 0 to `count` − 1. */
  of(count: number): number {
    return (this.#numbers[this.#at++] ?? 0) % count;
  }
}

export class RecordedSessions {
  readonly entries: readonly Entry[];

  /** Each list of numbers is what happens in one item; `order` says whose turn it is. */
  constructor(sessions: readonly (readonly number[])[], order: readonly number[]) {
    const told = new Told();
    const running = sessions.map((numbers, index) => session(told, index + 1, new Choices(numbers)));
    const entries: Entry[] = [];
    for (let turn = 0; running.length > 0; turn++) {
      const at = (order[turn] ?? 0) % running.length;
      const next = running[at]?.next();
      if (next === undefined || next.done) running.splice(at, 1);
      else entries.push(next.value);
    }
    this.entries = entries;
  }

  get inputs(): FrameInput[] {
    return this.entries.map(({ input }) => input);
  }

  /** After so many events. */
  persisted(events = this.entries.length): Map<number, PersistedItem> {
    return new Map(this.entries.slice(0, events).map(({ item }) => [item.item_id, item]));
  }

  /** After so many events, answered page by page. */
  answer(effect: Effect, events = this.entries.length): Input[] {
    const items = this.persisted(events);
    if (effect.type === 'read_items') {
      const known = effect.item_ids.flatMap((item_id) => items.get(item_id) ?? []);
      return [{ type: 'items_read', asked: effect.item_ids, items: known.map(rowOf) }];
    }
    if (effect.type === 'catch_up')
      return [...items.values()]
        .filter((item) => item.item_id > effect.after_item_id && isFinal(item.status))
        .map((item) => ({ type: 'outputs_read', item: rowOf(item), outputs: outputsOf(item) }));
    if (effect.type !== 'read_session') return [];
    const { item_id, read } = effect;
    const item = items.get(item_id);
    if (item === undefined) return [{ type: 'read_failed', item_id, read }];
    const { status, records } = item;
    const half = Math.ceil(records.length / 2);
    return [
      { type: 'session_read', item_id, read, status, records: records.slice(0, half), last: false },
      { type: 'session_read', item_id, read, status, records: records.slice(half), last: true },
    ];
  }

  /** What a snapshot lists after so many events: what runs. */
  running(events: number) {
    return [...this.persisted(events).values()].filter(({ status }) => status === 'in_progress').map(rowOf);
  }
}

export const rowOf = ({ item_id, status, status_sequence, records }: PersistedItem) =>
  row(item_id, status, { status_sequence, attempts: records.length > 0 || status_sequence > 0 ? 1 : 0 });

const outputsOf = ({ records }: PersistedItem) =>
  records.flatMap(({ invocation_id, type, result }) =>
    result !== null && isShownName(invocation_id) ? [{ invocation_id, type, result }] : [],
  );

/** One item from its first change of status to its last, or to where it stands when the numbers end. */
function* session(told: Told, item_id: number, choices: Choices): Generator<Entry, void> {
  let item: PersistedItem = { item_id, status: 'pending', status_sequence: 0, records: [] };
  const moved = (status: Status): Entry => {
    item = { ...item, status, status_sequence: item.status_sequence + 1 };
    return { input: told.status(item_id, status, item.status_sequence), item };
  };
  const ended = (invocation_id: string): Entry => {
    const made = { is_intermediate: !isShownName(invocation_id), result: imageOf(`${item_id}-${invocation_id}`) };
    item = { ...item, records: [...item.records, record(invocation_id, made)] };
    return { input: told.complete(item_id, invocation_id, made), item };
  };
  const failed = (invocation_id: string): Entry => {
    const is_intermediate = !isShownName(invocation_id);
    const made = record(invocation_id, { status: 'failed', result: null, error: ERROR, is_intermediate });
    item = { ...item, records: [...item.records, made] };
    return { input: told.error(item_id, invocation_id, { is_intermediate }), item };
  };
  const done = () => new Set(item.records.map(({ invocation_id }) => invocation_id));
  for (let run = 0; run < 4; run++) {
    if (choices.of(6) === 5) {
      yield moved('canceled');
      return;
    }
    yield moved('in_progress');
    const going: string[] = [];
    for (let step = choices.of(9); step > 0; step--) {
      const invocation_id = ['n#0', 'n#1', 'n#2', 'm', 'hidden'][choices.of(5)] as string;
      if (done().has(invocation_id)) continue;
      if (!going.includes(invocation_id)) {
        going.push(invocation_id);
        yield { input: told.started(item_id, invocation_id), item };
        continue;
      }
      if (choices.of(6) !== 5) {
        yield ended(invocation_id);
        continue;
      }
      yield failed(invocation_id);
      yield moved('failed');
      return;
    }
    const end = (['completed', 'canceled', 'failed', 'pending', 'waiting', 'in_progress'] as const)[choices.of(6)];
    if (end === 'in_progress' || end === undefined) return;
    // A session completes when all that ran has ended.
    for (const invocation_id of end === 'completed' ? going : [])
      if (!done().has(invocation_id)) yield ended(invocation_id);
    yield moved(end);
    if (isFinal(end)) return;
    if (end === 'waiting') yield moved('pending');
  }
}
