/** Items: one, lists, what they returned, and cancel. */
import { z } from 'zod';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../../contract/limits.ts';
import { BatchId } from '../../contract/names.ts';
import { InvocationRecord, Item, ItemOutputs, ItemPage, ItemSummary } from '../../contract/queue/item.ts';
import { CancelByBatchIdsBody, CanceledResult } from '../../contract/queue/queue.ts';
import { StatusSchema } from '../../contract/queue/status.ts';
import { redactedSession, sessionView } from '../../graph/session/view.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { command, read } from './queue-call.ts';

const ItemParams = z.object({ item_id: z.coerce.number().int().min(1) });

const readItem = (c: AppContext, item_id: number) => read(c, 'item', item_id);

/** The parts of an item that only its owner and admins see. */
async function readSession(c: AppContext, item_id: number) {
  const { summary, session } = await readItem(c, item_id);
  if (!session) throw new ProblemError('forbidden', `Item ${item_id} belongs to somebody else.`);
  return { summary, session };
}

export function registerItemRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/list`,
      operation_id: 'list_items',
      tag: 'queue',
      summary: 'Items, oldest first, by pages',
      scopes: ['read'],
      query: z.object({
        cursor: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_DEFAULT),
        batch_id: BatchId.optional(),
        status: StatusSchema.optional(),
      }),
      responses: { 200: { description: 'A page of items.', schema: ItemPage } },
    },
    async (c, { query: { cursor, limit, batch_id, status } }) => {
      const after = cursor === undefined ? 0 : decodeCursor(cursor);
      const page = await read(c, 'items', {
        after,
        limit,
        ...(batch_id ? { batch_id } : {}),
        ...(status ? { status } : {}),
      });
      const last = page.items.at(-1);
      const result: ItemPage = {
        items: page.items,
        limit,
        has_more: page.has_more,
        next_cursor: page.has_more && last ? encodeCursor(last.item_id) : null,
      };
      return c.json(result);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}`,
      operation_id: 'get_item',
      tag: 'queue',
      summary: 'An item with its session',
      scopes: ['read'],
      params: ItemParams,
      responses: { 200: { description: 'The item.', schema: Item } },
    },
    async (c, { params: { item_id } }) => {
      const { summary, session } = await readItem(c, item_id);
      if (!session) return c.json({ ...summary, session: redactedSession(), workflow: null } satisfies Item);
      const view = sessionView(
        summary.session_id,
        session.graph,
        summary.field_values,
        session.records,
        BUILTIN_CATALOGUE,
      );
      return c.json({ ...summary, session: view, workflow: session.workflow } satisfies Item);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}/outputs`,
      operation_id: 'get_item_outputs',
      tag: 'queue',
      summary: 'What the session is for: the results of its non-intermediate invocations',
      scopes: ['read'],
      params: ItemParams,
      responses: { 200: { description: 'The outputs so far.', schema: ItemOutputs } },
    },
    async (c, { params: { item_id } }) => {
      const { summary, session } = await readSession(c, item_id);
      const shown = new Set(session.graph.nodes.filter((node) => !node.is_intermediate).map((node) => node.id));
      const outputs = session.records.flatMap(({ invocation_id, invocation_source_id, type, result }) =>
        result && shown.has(invocation_source_id) ? [{ invocation_id, invocation_source_id, type, result }] : [],
      );
      return c.json({ item_id, status: summary.status, outputs } satisfies ItemOutputs);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}/invocations`,
      operation_id: 'get_item_invocations',
      tag: 'queue',
      summary: 'The recorded invocations in order of completion',
      scopes: ['read'],
      params: ItemParams,
      responses: { 200: { description: 'The rows.', schema: z.array(InvocationRecord) } },
    },
    async (c, { params: { item_id } }) => c.json((await readSession(c, item_id)).session.records),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/i/{item_id}/cancel`,
      operation_id: 'cancel_item',
      tag: 'queue',
      summary: 'Cancel an item; one that is final stays as it is',
      scopes: ['cancel'],
      params: ItemParams,
      responses: { 200: { description: 'The item as it is now.', schema: ItemSummary } },
    },
    async (c, { params: { item_id } }) => c.json(await command(c, 'cancel_item', item_id)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/cancel_by_batch_ids`,
      operation_id: 'cancel_by_batch_ids',
      tag: 'queue',
      summary: 'Cancel what is not final of these batches',
      scopes: ['cancel'],
      body: CancelByBatchIdsBody,
      responses: { 200: { description: 'How many items this call moved.', schema: CanceledResult } },
    },
    async (c, { body }) => c.json(await command(c, 'cancel_by_batch_ids', body.batch_ids)),
  );
}
