/** The queue's event stream. */
import { z } from 'zod';
import { BatchId } from '../../contract/names.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { handOver } from './queue-socket.ts';

export function registerEventRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/events`,
      operation_id: 'stream_events',
      tag: 'events',
      summary: 'Watch the queue over a websocket',
      description:
        'With ?after= the last sequence it saw, a client gets what it missed, or a snapshot; without, what comes from now on. The messages stand in /asyncapi.json.',
      scopes: ['read'],
      ticket: true,
      query: z.object({
        after: z.coerce.number().int().min(0).optional(),
        item_id: z.coerce.number().int().min(1).optional(),
        batch_id: BatchId.optional(),
        ticket: z.string().max(100).optional().describe('of POST …/tickets, instead of a key'),
        progress: z.enum(['true', 'false']).default('true').describe('whether ephemeral events come too'),
        packed: z.enum(['true', 'false']).default('false').describe('every message is a list of documents'),
      }),
      responses: { 101: { description: 'The socket is open; the first message is hello.' } },
    },
    (c, { query: { ticket: _, ...query } }) => handOver(c, '/events', query),
  );
}
