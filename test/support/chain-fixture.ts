/** Workflow calls on a queue of a test: an item that runs makes children and waits for them. */
import type { Grant } from '../../contract/runner/claim.ts';
import type { CompiledBatch } from '../../edge/queue/enqueue.ts';
import type { LogRow } from '../../edge/queue/fact.ts';
import { ProtocolRunner, plainBatch, type QueueFixture, RUNNER } from './queue-fixture.ts';

/** The workflow call of a session that runs; its children are `count` items. */
export function call(fixture: QueueFixture, grant: Grant, id: string, count = 2, over: Partial<CompiledBatch> = {}) {
  const { item_id, fence, token } = grant;
  const batch = plainBatch(`call-${id}`, count, over);
  return fixture.command('enqueue_children', { item_id, fence, token, workflow_call_id: id, batch }, RUNNER);
}

/** A queue with a chain: item 1 waits for the items 2 and 3, of which 3 waits for 4 and 5; all are ann's. */
export async function aChain(fixture: QueueFixture): Promise<{ runner: ProtocolRunner; grants: Map<number, Grant> }> {
  fixture.enqueue(
    plainBatch('root', 1, { user_id: 'ann', destination: 'canvas', origin: 'workflows', priority: 3, lane: 2 }),
  );
  const runner = new ProtocolRunner(fixture).register();
  const grants = new Map<number, Grant>();
  const take = (count: number) => {
    for (const grant of runner.claim(count)) grants.set(grant.item_id, grant);
  };
  const grantOf = (item_id: number): Grant => {
    const grant = grants.get(item_id);
    if (!grant) throw new Error(`item ${item_id} was not granted`);
    return grant;
  };
  take(1);
  runner.start(grantOf(1));
  call(fixture, grantOf(1), 'outer');
  take(2);
  runner.start(grantOf(3));
  call(fixture, grantOf(3), 'inner');
  take(2);
  return { runner, grants };
}

/** The facts of every transaction since the row at `from` of the log. */
export const factsSince = (fixture: QueueFixture, from: number) =>
  fixture.log.slice(from).flatMap((row: LogRow) => row.body.facts);
