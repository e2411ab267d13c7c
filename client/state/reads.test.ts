import { expect, test } from 'vitest';
import type { InvocationRecord } from '../../contract/queue/item.ts';
import type { Status } from '../../contract/queue/status.ts';
import { ERROR, type Followed, imageOf, record, row, watching } from '../testing/told.ts';
import type { Input } from './input.ts';
import { READS_MAX } from './reads.ts';

/** The answer to the read of the item that was asked for last. */
function answer(
  followed: Followed,
  item_id: number,
  status: Status,
  records: readonly InvocationRecord[],
  last = true,
): Input {
  const asked = followed.of('read_session').findLast((effect) => effect.item_id === item_id);
  return { type: 'session_read', item_id, read: asked?.read ?? 0, status, records, last };
}

const FINAL = ['completed', 'failed', 'canceled'] as const;

/** An item of which everything but its end was missed. */
function endedUnseen(status: Status) {
  const { told, followed } = watching();
  followed.take(told.status(1, status, 7));
  return { told, followed };
}

test('an item that was watched from its start needs no read', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'), told.complete(1, 'a'));
  followed.take(told.status(1, 'completed', 2), told.status(2, 'canceled', 1));
  expect(followed.of('read_session')).toEqual([]);
  expect(followed.item(1)?.whole).toBe(true);
});

test.each(FINAL)('[RQ3] an item that was %s unseen is read, and shows what was recorded of it', (status) => {
  const { followed } = endedUnseen(status);
  expect(followed.of('read_session')).toEqual([{ type: 'read_session', item_id: 1, read: 1 }]);
  const failed = record('bad', { status: 'failed', result: null, error: ERROR });
  followed.take(answer(followed, 1, status, [record('n#0'), record('n#1')], false));
  expect(followed.item(1)).toMatchObject({ whole: false });
  followed.take(answer(followed, 1, status, [record('a'), failed]));
  expect(followed.item(1)).toMatchObject({ whole: true, reading: null, status });
  expect(followed.node(1, 'n')).toMatchObject({ status: 'completed', completed: 2 });
  expect(followed.node(1, 'n')?.outputs.map((output) => output.invocation_id)).toEqual(['n#0', 'n#1']);
  expect(followed.node(1, 'bad')).toMatchObject({ status: 'failed', error: ERROR });
  expect(followed.of('result').map(({ entry }) => entry.invocation_id)).toEqual(['n#0', 'n#1', 'a']);
  expect(followed.of('node_failed')).toHaveLength(1);
});

test('[RQ1] an answer about one item never touches another, nor one that is asked for again', () => {
  const { told, followed } = endedUnseen('completed');
  const held = answer(followed, 1, 'completed', [record('n')]);
  followed.take(told.status(2, 'in_progress', 1), told.started(2, 'n'));
  followed.take(held);
  expect(followed.node(2, 'n')).toMatchObject({ status: 'in_progress', outputs: [] });
  expect(followed.node(1, 'n')).toMatchObject({ status: 'completed' });

  followed.take(told.status(3, 'in_progress', 5));
  const ofFirstRun = answer(followed, 3, 'in_progress', [record('x')]);
  followed.take(told.status(3, 'pending', 6), told.status(3, 'in_progress', 7));
  followed.take(ofFirstRun);
  expect(followed.item(3)?.nodes.size).toBe(0);
});

test.each(FINAL)(
  '[RQ7] [S169] a read that says %s of an item that is not moves nothing, and asks nothing again',
  (status) => {
    const { told, followed } = watching();
    followed.take(told.status(1, 'in_progress', 5));
    const asked = followed.of('read_session').length;
    followed.take(answer(followed, 1, status, [record('a')]));
    expect(followed.item(1)).toMatchObject({ status: 'in_progress', whole: false, reading: null });
    expect(followed.item(1)?.nodes.size).toBe(0);
    expect(followed.of('result')).toEqual([]);
    expect(followed.of('read_session').length).toBe(asked);
    followed.take(told.status(1, status, 6));
    expect(followed.of('read_session').length).toBe(asked + 1);
  },
);

test('[RQ7] an answer from before the end is asked for again, and not for ever', () => {
  const { followed } = endedUnseen('completed');
  for (let index = 0; index < 10; index++) followed.take(answer(followed, 1, 'in_progress', []));
  expect(followed.of('read_session')).toHaveLength(READS_MAX);
  expect(followed.item(1)).toMatchObject({ status: 'completed', reading: null });
});

test('a read that fails is begun again, and not for ever; the next connection tries anew', () => {
  const { told, followed } = endedUnseen('failed');
  for (let read = 1; read <= 10; read++) followed.take({ type: 'read_failed', item_id: 1, read });
  expect(followed.of('read_session')).toHaveLength(READS_MAX);
  followed.take({ type: 'disconnected' }, told.hello('replay'), told.live());
  expect(followed.of('read_session')).toHaveLength(READS_MAX + 1);
});

test('[RQ4] a second final event gives nothing at all, and one read is under way', () => {
  for (const second of FINAL) {
    const { told, followed } = endedUnseen('failed');
    expect(followed.take(told.status(1, second, 8))).toEqual([]);
    followed.take(answer(followed, 1, 'failed', [record('a')]));
    expect(followed.take(told.status(1, second, 9))).toEqual([]);
    expect(followed.of('read_session')).toHaveLength(1);
    expect(followed.of('ended')).toHaveLength(1);
  }
});

test('[RQ5] what is final and whole keeps no invocations, and still knows what comes again', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1));
  const again = Array.from({ length: 20 }, (_, index) => told.complete(1, `n#${index}`));
  followed.take(...again, told.status(1, 'completed', 2));
  expect(followed.item(1)?.ended).toMatchObject({ young: [], old: [] });
  const node = followed.node(1, 'n');
  followed.take(...again);
  expect(followed.node(1, 'n')).toBe(node);
  expect(followed.of('result')).toHaveLength(20);
  expect(followed.of('read_session')).toEqual([]);
});

test('[RQ6] a read ends with its connection, and begins again on the next one', () => {
  const { told, followed } = endedUnseen('completed');
  const old = answer(followed, 1, 'completed', [record('a')]);
  expect(followed.take({ type: 'disconnected' })).toEqual([{ type: 'abort_read', read: 1 }]);
  followed.take(old);
  expect(followed.item(1)).toMatchObject({ whole: false });
  expect(followed.item(1)?.nodes.size).toBe(0);
  const restarted = followed.take(told.hello('replay'), told.live());
  expect(restarted).toContainEqual({ type: 'read_session', item_id: 1, read: 2 });
  followed.take(old);
  expect(followed.item(1)?.whole).toBe(false);
  followed.take(answer(followed, 1, 'completed', [record('a')]));
  expect(followed.item(1)?.whole).toBe(true);
});

test('[RQ6] where nothing was connected nothing ends', () => {
  const { followed } = watching();
  followed.take({ type: 'disconnected' });
  const { state } = followed;
  expect(followed.take({ type: 'disconnected' })).toEqual([]);
  expect(followed.state).toBe(state);
});

test('[RQ6] a hello without a goodbye ends the reads of the connection before as well', () => {
  const { told, followed } = endedUnseen('completed');
  expect(followed.take(told.hello('replay'))).toEqual([{ type: 'abort_read', read: 1 }]);
});

test('[RQ6] a read ends when its item is cleared or removed', () => {
  for (const end of ['cleared', 'pruned'] as const) {
    const { told, followed } = endedUnseen('completed');
    followed.take(end === 'cleared' ? told.cleared('ann') : told.pruned([1]));
    expect(followed.of('abort_read')).toEqual([{ type: 'abort_read', read: 1 }]);
    followed.take(answer(followed, 1, 'completed', [record('a')]));
    expect(followed.of('result')).toEqual([]);
  }
});

test('while what was missed is told nothing is read: its end may be among it', () => {
  const { told, followed } = watching();
  followed.take({ type: 'disconnected' }, told.hello('replay'), told.status(1, 'in_progress', 5));
  followed.take(told.status(1, 'completed', 6));
  expect(followed.of('read_session')).toEqual([]);
  followed.take(told.live());
  expect(followed.of('read_session')).toHaveLength(1);
});

test('[RQ8] the source of a record is in its name, whatever it says and whether or not the graph is known', () => {
  const { followed } = endedUnseen('completed');
  const records = [record('unheard#3,1', { invocation_source_id: 'other' }), record('m', { type: '' })];
  followed.take(answer(followed, 1, 'completed', records));
  expect([...(followed.item(1)?.nodes.keys() ?? [])]).toEqual(['unheard', 'm']);
  expect(followed.of('result').map(({ entry }) => entry.invocation_id)).toEqual(['unheard#3,1', 'm']);
});

test('[S169] [S170] R1: what was read is final; nodes without a record are left alone', () => {
  const { told, followed } = watching();
  followed.take(told.started(1, 'a'), told.started(1, 'b'), told.status(1, 'canceled', 9));
  const before = followed.node(1, 'b');
  expect(before?.status).toBe('canceled');
  followed.take(answer(followed, 1, 'canceled', [record('a')]));
  expect(followed.node(1, 'a')).toMatchObject({ status: 'completed', canceled: 0 });
  expect(followed.node(1, 'b')).toEqual(before);
  for (const event of ['started', 'progress', 'error', 'complete'] as const) followed.take(told[event](1, 'a'));
  expect(followed.node(1, 'a')).toMatchObject({ status: 'completed', completed: 1, failed: 0, error: null });
});

test('a session that goes on is joined from its records and its events, each once', () => {
  const { told, followed } = watching();
  followed.take(told.complete(1, 'n#2'), told.started(1, 'n#3'), told.started(1, 'm'));
  followed.take(answer(followed, 1, 'in_progress', [record('n#0'), record('n#1')], false));
  followed.take(told.complete(1, 'n#3'));
  followed.take(answer(followed, 1, 'in_progress', [record('n#2'), record('n#3'), record('n#4')]));
  expect(followed.item(1)).toMatchObject({ whole: true });
  expect(followed.node(1, 'n')).toMatchObject({ completed: 5, in_progress: 0 });
  followed.take(told.complete(1, 'n#4'), told.complete(1, 'n#5'));
  expect(followed.node(1, 'n')?.outputs.map((output) => output.invocation_id)).toEqual(
    [0, 1, 2, 3, 4, 5].map((index) => `n#${index}`),
  );
  expect(followed.node(1, 'n')?.completed).toBe(6);
  expect(followed.node(1, 'm')?.status).toBe('in_progress');
  expect(followed.of('result')).toHaveLength(6);
  followed.take(told.complete(1, 'm'), told.status(1, 'completed', 4));
  expect(followed.of('read_session')).toHaveLength(1);
});

test('what events told before the read began, and its records lack, stays and is known', () => {
  const { told, followed } = watching();
  const first = told.complete(1, 'n#1');
  const failure = told.error(1, 'm');
  followed.take(first, failure);
  // Pages that overlap tell a record once.
  followed.take(answer(followed, 1, 'in_progress', [record('n#0')], false));
  followed.take(answer(followed, 1, 'in_progress', [record('n#0')]));
  const outputs = () => followed.node(1, 'n')?.outputs.map((output) => output.invocation_id);
  expect(followed.node(1, 'n')?.completed).toBe(2);
  expect(outputs()).toEqual(['n#0', 'n#1']);
  for (let index = 2; index < 50; index++) followed.take(told.complete(1, `n#${index}`));
  followed.take(first, failure);
  expect(followed.node(1, 'n')?.completed).toBe(50);
  expect(outputs()).not.toContain('n#1');
});

test('a session too long to be told apart is read again at its end', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 5));
  const records = Array.from({ length: 1_000 }, (_, index) => record(`n#${index}`));
  followed.take(told.complete(1, 'n#999'), answer(followed, 1, 'in_progress', records));
  expect(followed.item(1)).toMatchObject({ whole: false, reading: null });
  expect(followed.node(1, 'n')?.completed).toBe(1_000);
  followed.take(told.complete(1, 'n#1000'), told.status(1, 'completed', 6));
  followed.take(answer(followed, 1, 'completed', [...records, record('n#1000')]));
  expect(followed.item(1)?.whole).toBe(true);
  expect(followed.node(1, 'n')?.completed).toBe(1_001);
  expect(followed.node(1, 'n')?.outputs.at(-1)).toEqual({ invocation_id: 'n#1000', result: imageOf('n#1000') });
  expect(followed.of('result')).toHaveLength(1_001);
});

test('an item that completed while something seemed to run is read: its end was missed', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'), told.started(1, 'b'));
  followed.take(told.status(1, 'completed', 2));
  expect(followed.of('read_session')).toHaveLength(1);
  followed.take(answer(followed, 1, 'completed', [record('a')]));
  // Nothing of a session that completed was canceled.
  expect(followed.node(1, 'b')?.status).toBe('pending');
  expect(followed.node(1, 'a')).toMatchObject({ status: 'completed', canceled: 0, completed: 1 });
});

test('after a snapshot what it lists has its status, and what it does not list is asked for', () => {
  const { told, followed } = watching();
  for (const item_id of [1, 2, 3, 4]) followed.take(told.status(item_id, 'in_progress', 1), told.started(item_id, 'a'));
  followed.take(told.status(4, 'completed', 2), { type: 'disconnected' });
  followed.effects = [];
  told.sequence += 100;
  followed.take(told.hello('snapshot'));
  followed.take(
    told.snapshot([
      row(1, 'in_progress', { status_sequence: 3 }),
      row(9, 'pending', { attempts: 0, started_at: null }),
    ]),
  );
  expect(followed.effects.filter(({ type }) => type.startsWith('read'))).toEqual([]);
  // A run that ended unseen took its work along.
  expect(followed.node(1, 'a')?.status).toBe('pending');
  expect(followed.item(9)).toMatchObject({ whole: true, status: 'pending', is_child: false });
  followed.take(told.live());
  expect(followed.of('read_items')).toEqual([{ type: 'read_items', item_ids: [2, 3] }]);
  expect(
    followed
      .of('read_session')
      .map(({ item_id }) => item_id)
      .sort(),
  ).toEqual([1, 4]);
  followed.take({
    type: 'items_read',
    asked: [2, 3],
    items: [row(2, 'failed', { status_sequence: 2, error_type: 'E' })],
  });
  expect(followed.item(2)).toMatchObject({ status: 'failed', error: { error_type: 'E', error_message: '' } });
  expect(followed.item(3)).toBeUndefined();
  expect(followed.of('ended').map(({ item_id, status }) => [item_id, status])).toEqual([
    [2, 'failed'],
    [3, null],
  ]);
  expect(followed.of('read_session').at(-1)?.item_id).toBe(2);
});

test('a log that begins anew may have smaller numbers', () => {
  const { told, followed } = watching();
  told.sequence = 1_000;
  followed.take(told.status(1, 'in_progress', 1), told.complete(1, 'a'), told.paused('queue_paused'), {
    type: 'disconnected',
  });
  told.sequence = 10;
  followed.take(
    told.hello('snapshot'),
    told.snapshot([row(1, 'in_progress')], { queue_status: { ...followed.state.counts!.value, pending: 7 } }),
  );
  expect(followed.state).toMatchObject({ sequence: 10, paused: false, counts: { value: { pending: 7 } } });
  followed.take(told.live(), told.complete(1, 'b'), told.status(1, 'completed', 2, { queue: { pending: 6 } }));
  expect(followed.state.counts?.value.pending).toBe(6);
  expect(followed.item(1)?.status).toBe('completed');
  followed.take(answer(followed, 1, 'completed', [record('a'), record('b')]));
  expect([...(followed.item(1)?.nodes.keys() ?? [])]).toEqual(['a', 'b']);
  expect(followed.of('result')).toHaveLength(2);
});

test('a log that begins anew goes on counting where the last one stopped', () => {
  const { told, followed } = watching();
  for (let index = 0; index < 1_000; index++) followed.take(told.complete(1, `n#${index}`));
  followed.take({ type: 'disconnected' });
  told.sequence = 10;
  followed.take(told.hello('snapshot'), told.snapshot([row(1, 'in_progress')]), told.live());
  followed.take(told.complete(1, 'n#1000'));
  expect(followed.node(1, 'n')?.completed).toBe(1_001);
});

test('a status that is heard after a snapshot ends the doubt that it left', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), { type: 'disconnected' }, told.hello('snapshot'), told.snapshot([]));
  const old = followed.item(1);
  expect(old?.doubtful).toBe(true);
  followed.take(told.status(1, 'in_progress', 1));
  expect(followed.item(1)).toBe(old);
  followed.take(told.status(1, 'completed', 2), told.live());
  expect(followed.of('read_items')).toEqual([]);
  expect(followed.of('read_session').map(({ item_id }) => item_id)).toEqual([1]);
});

test('a read that is of no use ends before its last page', () => {
  const { followed } = endedUnseen('completed');
  expect(followed.take(answer(followed, 1, 'in_progress', [], false))).toEqual([
    { type: 'abort_read', read: 1 },
    { type: 'read_session', item_id: 1, read: 2 },
  ]);
});

test('past what a node shows of a final item, what comes again is not counted again: it is read', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1));
  const records = Array.from({ length: 100 }, (_, index) => record(`n#${index}`));
  for (const { invocation_id } of records) followed.take(told.complete(1, invocation_id));
  followed.take(told.status(1, 'completed', 2), told.complete(1, 'n#0'));
  expect(followed.node(1, 'n')?.completed).toBe(100);
  followed.take(answer(followed, 1, 'completed', records));
  expect(followed.node(1, 'n')?.completed).toBe(100);
  expect(followed.item(1)?.whole).toBe(true);
  expect(followed.of('result')).toHaveLength(100);
});

test('a row that is ahead of the events makes its item one that is read', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1));
  followed.take({ type: 'items_read', asked: [1], items: [row(1, 'completed', { status_sequence: 2 })] });
  followed.take(answer(followed, 1, 'completed', [record('a')]));
  expect(followed.node(1, 'a')?.status).toBe('completed');
  expect(followed.item(1)?.whole).toBe(true);
});

test('a log that begins anew without anything that was known is of another queue: its items are others', () => {
  const { told, followed } = watching();
  told.sequence = 1_000;
  followed.take(told.status(1, 'in_progress', 1), told.complete(1, 'a'), told.status(1, 'completed', 2));
  followed.take(told.status(2, 'in_progress', 6), told.complete(2, 'a'), { type: 'disconnected' });
  told.sequence = 3;
  const other = row(2, 'in_progress', { session_id: 'another', batch_id: 'another', status_sequence: 1 });
  followed.take(told.hello('snapshot'), told.snapshot([other]), told.live());
  expect(followed.of('catch_up')).toEqual([{ type: 'catch_up', after_item_id: 0 }]);
  expect(followed.item(2)).toMatchObject({ session_id: 'another', status: 'in_progress', status_sequence: 1 });
  expect(followed.item(1)).toBeUndefined();
  expect([...followed.state.batches.keys()]).toEqual([]);
  followed.take(told.status(1, 'in_progress', 1), told.complete(1, 'a'), told.status(1, 'completed', 2));
  followed.take(told.complete(2, 'a'));
  expect(followed.of('result').map(({ entry }) => entry.item_id)).toEqual([1, 2, 1, 2]);
  expect(followed.of('ended').map(({ item_id, status }) => [item_id, status])).toEqual([
    [1, 'completed'],
    [2, null],
    [1, 'completed'],
  ]);
});
