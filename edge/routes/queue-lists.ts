/** Lists of items: pages, ids, items by their ids, and all of them. */
import { z } from 'zod';
import { LABEL_LENGTH_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../../contract/limits.ts';
import { BatchId, UserId } from '../../contract/names.ts';
import { Item, ItemIdsBody, ItemIdsResult, ItemPage, ItemSummary } from '../../contract/queue/item.ts';
import { StatusSchema } from '../../contract/queue/status-counts.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { logError } from '../log.ts';
import { ID_ORDERS, type ItemIds, type ItemOrder, type Place } from '../queue/item-order.ts';
import { type ItemDetail, type ItemDetails, wholeItem } from '../queue/item-reads.ts';
import { jsonList, streamedJson } from '../streamed-json.ts';
import { answersOf } from './item-answer.ts';
import { read } from './queue-call.ts';

/** Items that one call into the queue reads: some ten milliseconds of its one thread. */
const ITEMS_PER_CALL = 500;

/** A filter by what an item shows to its owner and to admins alone. */
const label = z.string().min(1).max(LABEL_LENGTH_MAX);

/** They are left out of what is answered, so that one defect does not hide everything else. */
const reportUnreadable = (c: AppContext, item_ids: readonly number[]): void => {
  if (item_ids.length > 0) logError(c, 'items cannot be read', `items ${item_ids.join(', ')}`);
};

/** One after the other: a small item may have a large session, and hundreds of those do not fit the Worker. */
function* answers(
  items: readonly ItemDetail[],
  documents: ItemDetails['documents'],
  answer: Awaited<ReturnType<typeof answersOf>>,
) {
  for (const item of items) yield answer(wholeItem(item, documents));
}

/** The items that there are of `item_ids`, in their order, as many at a time as a call carries. */
async function* itemsOf(c: AppContext, item_ids: readonly number[], summaries: boolean) {
  for (let at = 0; at < item_ids.length; ) {
    const wanted = item_ids.slice(at, at + ITEMS_PER_CALL);
    const { items, documents, unreadable, taken } = await read(c, 'items_by_ids', { item_ids: wanted, summaries });
    reportUnreadable(c, unreadable);
    const graphs = Object.values(documents).map(({ graph }) => graph);
    yield summaries ? items.map(({ summary }) => summary) : answers(items, documents, await answersOf(c, graphs));
    at += taken;
  }
}

/** Every item as it stood in the order when the list was begun; what was removed meanwhile is left out. */
async function* allItems(c: AppContext, destination: string | null) {
  let after: Place | null = null;
  do {
    const order: ItemOrder = await read(c, 'item_order', { destination, after });
    yield* itemsOf(c, JSON.parse(order.ids) as number[], false);
    after = order.last;
  } while (after !== null);
}

async function* allIds(c: AppContext, order: (typeof ID_ORDERS)[number]): AsyncGenerator<string, void> {
  let after: number | null = null;
  let total = 0;
  yield '{"item_ids":[';
  do {
    const found: ItemIds = await read(c, 'item_ids', { order, after });
    if (found.count > 0) yield total === 0 ? found.ids : `,${found.ids}`;
    total += found.count;
    after = found.last;
  } while (after !== null);
  yield `],"total_count":${total}}`;
}

export function registerListRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/list`,
      operation_id: 'list_items',
      tag: 'queue',
      summary: 'Items by pages, oldest or newest first',
      description:
        'A page looks at a bounded number of items, so one with filters may be short or empty and not be the last.',
      scopes: ['read'],
      query: z.object({
        cursor: z.string().optional().describe('next_cursor of the page before'),
        order_dir: z.enum(ID_ORDERS).default('ASC').describe('ASC: oldest first; a cursor goes on in the same order'),
        limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_DEFAULT).describe('of one page'),
        status: StatusSchema.optional().describe('as it is now'),
        batch_id: BatchId.optional().describe('own batches; any for an admin'),
        destination: label.optional().describe('own items; any for an admin'),
        user_id: UserId.optional().describe('oneself; anybody for an admin'),
      }),
      responses: { 200: { description: 'A page of items.', schema: ItemPage } },
    },
    async (c, { query: { cursor, order_dir: order, limit, ...filters } }) => {
      const after = cursor === undefined ? null : decodeCursor(cursor);
      const named = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
      const { items, has_more, last, unreadable } = await read(c, 'items', { order, after, limit, ...named });
      reportUnreadable(c, unreadable);
      const next_cursor = has_more ? encodeCursor(last) : null;
      return c.json({ items, limit, has_more, next_cursor } satisfies ItemPage);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/list_all`,
      operation_id: 'list_all_items',
      tag: 'queue',
      summary: 'All items with their sessions, by priority and age',
      description: 'The answer is streamed and may be very large; /list and /item_ids are made for long queues.',
      scopes: ['read'],
      query: z.object({
        destination: label.optional().describe('own items with it; everybody’s for an admin'),
      }),
      responses: { 200: { description: 'The items.', schema: z.array(Item) } },
    },
    (c, { query: { destination } }) => streamedJson(jsonList(allItems(c, destination ?? null))),
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/item_ids`,
      operation_id: 'get_item_ids',
      tag: 'queue',
      summary: 'The ids of all items by age',
      scopes: ['read'],
      query: z.object({ order_dir: z.enum(ID_ORDERS).default('ASC').describe('ASC: oldest first') }),
      responses: { 200: { description: 'The ids.', schema: ItemIdsResult } },
    },
    (c, { query: { order_dir } }) => streamedJson(allIds(c, order_dir)),
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${QUEUE_PREFIX}/items_by_ids`,
      operation_id: 'get_items_by_ids',
      tag: 'queue',
      summary: 'Items with their sessions, in the order of the ids; missing ones are left out',
      scopes: ['read'],
      body: ItemIdsBody,
      responses: { 200: { description: 'The items.', schema: z.array(Item) } },
    },
    (c, { body: { item_ids } }) => streamedJson(jsonList(itemsOf(c, item_ids, false))),
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${QUEUE_PREFIX}/item_summaries_by_ids`,
      operation_id: 'get_item_summaries_by_ids',
      tag: 'queue',
      summary: 'Items without sessions, in the order of the ids; missing ones are left out',
      scopes: ['read'],
      body: ItemIdsBody,
      responses: { 200: { description: 'The items.', schema: z.array(ItemSummary) } },
    },
    (c, { body: { item_ids } }) => streamedJson(jsonList(itemsOf(c, item_ids, true))),
  );
}
