import { describe, expect, test } from 'vitest';
import { entries } from '../../test/support/queue-entries.ts';
import { ProtocolRunner, plainBatch, QueueFixture } from '../../test/support/queue-fixture.ts';
import { type Fact, type LogRow, noCounts } from './fact.ts';
import { LINES_MAX, logLines } from './log-lines.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traced = { user_id: 'ann', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

/** The lines of what the last transaction logged. */
function linesOf(fixture: QueueFixture): Record<string, unknown>[] {
  const row = fixture.log.at(-1);
  if (!row) throw new Error('nothing was logged');
  const { queue_id, batches } = fixture.queue;
  return logLines(row, { queue_id, batch: (batch_no) => batches.row(batch_no) }).map((line) => {
    expect(line).not.toContain('\n');
    return JSON.parse(line) as Record<string, unknown>;
  });
}

const about = { queue_id: 'q', batch_id: 'b', user_id: 'ann', trace_id: TRACE };

describe('log lines', () => {
  test('one a change of status, with whose it is and the trace that it belongs to', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 2, traced));
    const time = '1970-01-01T00:16:40.000Z';
    expect(linesOf(fixture)).toEqual([{ time, level: 'info', message: 'batch enqueued', items: 2, ...about }]);
    const runner = new ProtocolRunner(fixture).register();
    expect(linesOf(fixture)).toMatchObject([{ message: 'runner connected', runner_id: 'r1' }]);
    const [first, second] = runner.claim(2);
    if (!first || !second) throw new Error('two grants were expected');
    const { started, running, result, complete } = entries(first);
    runner.post(started, running, result, complete, entries(second).started, entries(second).failed);
    const line = (item_id: number, status: string, status_sequence: number, level = 'info') => ({
      ...{ time, level, message: `item ${status}`, ...about },
      ...{ item_id, status, status_sequence, device: 'cpu' },
    });
    expect(linesOf(fixture)).toEqual([
      line(1, 'in_progress', 1),
      line(1, 'completed', 2),
      line(2, 'in_progress', 1),
      line(2, 'failed', 2, 'warn'),
    ]);
  });

  test('a batch that no trace enqueued has none; one that is gone costs its line nothing', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1));
    expect(linesOf(fixture)[0]).not.toHaveProperty('trace_id');
    const row = fixture.log.at(-1);
    if (!row) throw new Error('nothing was logged');
    expect(logLines(row, { queue_id: 'q', batch: () => null })).toHaveLength(1);
  });

  test('many at once are one line with counts', async () => {
    const fixture = await QueueFixture.open();
    const count = LINES_MAX + 1;
    fixture.enqueue(plainBatch('b', 3 * count, traced));
    const runner = new ProtocolRunner(fixture).register();
    const grants = runner.claim(count);
    runner.post(...grants.map((grant) => entries(grant).started));
    expect(linesOf(fixture)).toMatchObject([
      { message: 'items changed', statuses: { in_progress: count }, first_item_id: 1, last_item_id: count },
    ]);
    fixture.command('cancel_by_batch_ids', ['b']);
    expect(linesOf(fixture)).toMatchObject([
      { message: 'items changed', statuses: { canceled: count }, first_item_id: 1, last_item_id: count },
      { message: 'items canceled', items: 2 * count, first_item_id: count + 1, last_item_id: 3 * count, ...about },
    ]);
  });

  test('a runner that is lost, and what it held', async () => {
    const fixture = await QueueFixture.open();
    fixture.enqueue(plainBatch('b', 1, traced));
    const runner = new ProtocolRunner(fixture).register();
    for (const grant of runner.claim(1)) runner.post(entries(grant).started);
    fixture.ring(fixture.now + 15_000);
    expect(linesOf(fixture)).toMatchObject([
      { level: 'warn', message: 'lease expired', item_id: 1, fence: 1, runner_no: 1, ...about },
      { level: 'info', message: 'item pending', item_id: 1, status: 'pending', status_sequence: 2 },
      { level: 'warn', message: 'runner lost', reason: 'silent' },
    ]);
  });

  const runner = { runner_id: 'r1', name: 'one' };
  const row = (facts: Fact[]): LogRow => ({
    ...{ sequence: facts.length, count: facts.length, at: 0 },
    body: { facts, queue: noCounts(), batches: [], users: [] },
  });
  const messagesOf = (facts: Fact[]) =>
    logLines(row(facts), { queue_id: 'q', batch: () => null }).map((line) => {
      const { time: _, level: __, queue_id: ___, ...rest } = JSON.parse(line) as Record<string, unknown>;
      return rest;
    });

  test.each<[Fact, object[]]>([
    [['paused'], [{ message: 'queue paused' }]],
    [['resumed'], [{ message: 'queue resumed' }]],
    [['cleared', 'ann'], [{ message: 'queue cleared', user_id: 'ann' }]],
    [['moved', 3, 1, 5], [{ message: 'item moved', item_id: 3, priority: 5 }]],
    [['retried', [[1, 2, 9]]], [{ message: 'item retried', item_id: 2, new_item_id: 9 }]],
    [['runner_lost', 1, 'drained', runner], [{ message: 'runner lost', runner_id: 'r1', reason: 'drained' }]],
    [
      [
        'pruned',
        [
          [1, 2, 4],
          [2, 8, 8],
        ],
      ],
      [{ message: 'items pruned', items: 4, first_item_id: 2, last_item_id: 8 }],
    ],
    [['started', 1, 1, 'n'], []],
    [['complete', 1, 1, 'n'], []],
    [['error', 1, 1, 'n'], []],
  ])('%j', (fact, lines) => expect(messagesOf([fact])).toEqual(lines));

  test('a hundred thousand retries are a few lines', () => {
    const retries = Array.from({ length: 100_000 }, (_, index): [number, number, number] => [1, index, index]);
    const messages = messagesOf([['retried', retries]]);
    expect(messages).toHaveLength(LINES_MAX + 1);
    expect(messages.at(-1)).toEqual({ message: 'items retried', items: 100_000 });
  });
});
