/** The calls of a mirror, answered by the queue as its routes answer them, in pages that are small. */
import { type Problem, problem } from '../../contract/error/problem.ts';
import type { Status } from '../../contract/queue/status.ts';
import type { Principal } from '../../contract/store/key.ts';
import { BEFORE_FIRST } from '../../edge/queue/invocation-reads.ts';
import type { Random } from '../sim/random.ts';
import { type QueueFixture, RefusedError } from '../support/queue-fixture.ts';

interface Asked {
  method: string;
  url: URL;
  body: unknown;
}

export function answerOf(
  fixture: QueueFixture,
  principal: Principal,
  asked: Asked,
  random: Random,
): { status: number; text: string } {
  try {
    return { status: 200, text: JSON.stringify(read(fixture, principal, asked, random)) };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return refusal(error.problem);
  }
}

const refusal = (refused: Problem) => ({ status: refused.status, text: JSON.stringify(refused) });

function read(fixture: QueueFixture, principal: Principal, { method, url, body }: Asked, random: Random): unknown {
  const path = url.pathname.replace(/^\/api\/v1\/(queue\/[^/]+\/)?/, '');
  const cursor = url.searchParams.get('cursor');
  const limit = random.between(1, 5);
  if (path === 'keys/current') return { ...principal, expires_at: null, rate_limit: 0 };
  if (path === 'status') return fixture.read('status', null, principal);
  if (path === 'list') {
    const { order_dir, status, user_id } = Object.fromEntries(url.searchParams);
    const page = fixture.read(
      'items',
      {
        order: order_dir as 'ASC' | 'DESC',
        after: cursor === null ? null : Number(cursor),
        limit: Math.min(limit, Number(url.searchParams.get('limit'))),
        ...(status ? { status: status as Status } : {}),
        ...(user_id ? { user_id } : {}),
      },
      principal,
    );
    return { items: page.items, limit, has_more: page.has_more, next_cursor: page.has_more ? String(page.last) : null };
  }
  if (method === 'POST' && path === 'item_summaries_by_ids') {
    const { item_ids } = body as { item_ids: number[] };
    const { items } = fixture.read('items_by_ids', { item_ids, summaries: true }, principal);
    return items.map(({ summary }) => summary);
  }
  const [, batch_id] = /^b\/([^/]+)\/status$/.exec(path) ?? [];
  if (batch_id !== undefined) return fixture.read('batch_status', batch_id, principal);
  const [, id, what] = /^i\/(\d+)\/(invocations|outputs)$/.exec(path) ?? [];
  if (id === undefined) throw new RefusedError(problem('not_found', `There is no ${path}.`));
  const item_id = Number(id);
  const after = cursor === null ? BEFORE_FIRST : Number(cursor);
  const page = fixture.read('invocations', { item_id, after, limit, outputs: what === 'outputs' }, principal);
  const records = what === 'outputs' ? page.records.filter((record) => record.result !== null) : page.records;
  const next_cursor = page.next === null ? null : String(page.next);
  return { item_id, status: page.status, [what as string]: records, next_cursor };
}
