/** What moves or removes items, one or many: cancel, delete, clear, prune, retry. */
import { z } from 'zod';
import { Label } from '../../contract/names.ts';
import { ItemSummary } from '../../contract/queue/item.ts';
import {
  CancelByBatchIdsBody,
  CanceledResult,
  DeletedResult,
  RetryItemsBody,
  RetryResult,
} from '../../contract/queue/queue.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { idempotencyOf } from '../idempotency.ts';
import { command } from './queue-call.ts';
import { ItemParams } from './queue-items.ts';

const Destination = z.object({ destination: Label });
const CANCELED = { 200: { description: 'How many items this call moved.', schema: CanceledResult } };
const DELETED = { 200: { description: 'How many items this call removed.', schema: DeletedResult } };

export function registerOperationRoutes(app: App): void {
  registerCancelRoutes(app);
  registerDeleteRoutes(app);

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/retry_items_by_id`,
      operation_id: 'retry_items_by_id',
      tag: 'queue',
      summary: 'Run failed and canceled items anew, each as a new item',
      description:
        'The item of a workflow call stands for the root of its chain. Ids of nothing, and of items that did not fail and were not canceled, are passed over; so is what the queue has no room for.',
      scopes: ['enqueue'],
      audit: true,
      body: RetryItemsBody,
      idempotent: 'queue',
      responses: { 200: { description: 'What was retried, and the new items.', schema: RetryResult } },
      problems: ['storage_full'],
    },
    async (c, { body: item_ids }) =>
      c.json(await command(c, 'retry', { item_ids, idempotency: await idempotencyOf(c) })),
  );
}

function registerCancelRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/i/{item_id}/cancel`,
      operation_id: 'cancel_item',
      tag: 'queue',
      summary: 'Cancel an item and its chain; one that is final stays as it is',
      scopes: ['cancel'],
      audit: true,
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
      summary: 'Cancel what is not final of these batches, with its chains',
      scopes: ['cancel'],
      audit: true,
      body: CancelByBatchIdsBody,
      responses: CANCELED,
    },
    async (c, { body }) => c.json(await command(c, 'cancel_by_batch_ids', body.batch_ids)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/cancel_by_destination`,
      operation_id: 'cancel_by_destination',
      tag: 'queue',
      summary: 'Cancel what is not final for a destination',
      scopes: ['cancel'],
      audit: true,
      query: Destination,
      responses: CANCELED,
    },
    async (c, { query }) => c.json(await command(c, 'cancel_by_destination', query.destination)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/cancel_all`,
      operation_id: 'cancel_all',
      tag: 'queue',
      summary: 'Cancel everything that is not final; for who is no admin, everything of theirs',
      scopes: ['cancel'],
      audit: true,
      responses: CANCELED,
    },
    async (c) => c.json(await command(c, 'cancel_all', null)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/cancel_all_except_current`,
      operation_id: 'cancel_all_except_current',
      tag: 'queue',
      summary: 'The same, but for what runs and the chains that it belongs to',
      scopes: ['cancel'],
      audit: true,
      responses: CANCELED,
    },
    async (c) => c.json(await command(c, 'cancel_all_except_current', null)),
  );
}

function registerDeleteRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'delete',
      path: `${QUEUE_PREFIX}/i/{item_id}`,
      operation_id: 'delete_item',
      tag: 'queue',
      summary: 'Remove an item and its chain; what is active of it is canceled first',
      scopes: ['cancel'],
      audit: true,
      params: ItemParams,
      responses: { 200: { description: 'Removed.', schema: z.null() } },
    },
    async (c, { params: { item_id } }) => c.json(await command(c, 'delete_item', item_id)),
  );

  endpoint(
    app,
    {
      method: 'delete',
      path: `${QUEUE_PREFIX}/d/{destination}`,
      operation_id: 'delete_by_destination',
      tag: 'queue',
      summary: 'Remove everything for a destination; what is active of it is canceled first',
      scopes: ['cancel'],
      audit: true,
      params: Destination,
      responses: DELETED,
    },
    async (c, { params: { destination } }) => c.json(await command(c, 'delete_by_destination', destination)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/delete_all_except_current`,
      operation_id: 'delete_all_except_current',
      tag: 'queue',
      summary: 'Cancel and remove what waits for its turn; what runs stays, with its chain, and so does what has ended',
      scopes: ['cancel'],
      audit: true,
      responses: DELETED,
    },
    async (c) => c.json(await command(c, 'delete_all_except_current', null)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/clear`,
      operation_id: 'clear_queue',
      tag: 'queue',
      summary: 'Remove every item, canceled first where it is active; for who is no admin, every item of theirs',
      scopes: ['cancel'],
      audit: true,
      responses: DELETED,
    },
    async (c) => c.json(await command(c, 'clear', null)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/prune`,
      operation_id: 'prune_queue',
      tag: 'queue',
      summary: 'Remove every item that has ended; for who is no admin, every such item of theirs',
      scopes: ['cancel'],
      audit: true,
      responses: DELETED,
    },
    async (c) => c.json(await command(c, 'prune', null)),
  );
}
