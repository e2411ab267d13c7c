/** The order of claims: which item is next, how many run before one, and how its owner changes that. */
import { ItemOrNull, ItemSummary } from '../../contract/queue/item.ts';
import { ItemPosition, MoveItemBody, SetPriorityBody } from '../../contract/queue/order.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { itemAnswer } from './item-answer.ts';
import { command, read } from './queue-call.ts';
import { ItemParams } from './queue-items.ts';

export function registerOrderRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/next`,
      operation_id: 'get_next_item',
      tag: 'queue',
      summary: 'The item that a runner which can run anything would be granted next',
      scopes: ['read'],
      responses: {
        200: {
          description: 'The item; null when nothing is claimable, or the queue is paused.',
          schema: ItemOrNull,
        },
      },
    },
    async (c) => {
      const next = await read(c, 'next', null);
      return c.json(next && (await itemAnswer(c, next)));
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}/position`,
      operation_id: 'get_item_position',
      tag: 'queue',
      summary: 'How many items are claimed before it',
      scopes: ['read'],
      params: ItemParams,
      responses: { 200: { description: 'The position.', schema: ItemPosition } },
    },
    async (c, { params: { item_id } }) => c.json(await read(c, 'position', item_id)),
  );

  // Whoever may enqueue with any priority, and before everything, may order what they enqueued; ending work is another right.
  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/i/{item_id}/priority`,
      operation_id: 'set_item_priority',
      tag: 'queue',
      summary: 'Change the priority of a pending item that no runner holds',
      scopes: ['enqueue'],
      audit: true,
      params: ItemParams,
      body: SetPriorityBody,
      responses: { 200: { description: 'The item as it is now.', schema: ItemSummary } },
      problems: ['conflict'],
    },
    async (c, { params: { item_id }, body: { priority } }) =>
      c.json(await command(c, 'set_priority', { item_id, priority })),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/i/{item_id}/move`,
      operation_id: 'move_item',
      tag: 'queue',
      summary: 'Move a pending item before or after another one of the same user, whose priority it takes',
      scopes: ['enqueue'],
      audit: true,
      params: ItemParams,
      body: MoveItemBody,
      responses: { 200: { description: 'The item as it is now.', schema: ItemSummary } },
      problems: ['conflict'],
    },
    async (c, { params: { item_id }, body }) => c.json(await command(c, 'move_item', { item_id, beside: body })),
  );
}
