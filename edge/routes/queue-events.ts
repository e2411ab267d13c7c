/** The queue's event stream: over a websocket, or as server-sent events. */
import { z } from 'zod';
import { BatchId } from '../../contract/names.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { eventSource } from './event-source.ts';
import { handOver, socketOf, wantsSocket } from './queue-socket.ts';

const Headers = z.object({
  accept: z.string().optional().describe('text/event-stream asks for server-sent events'),
  'last-event-id': z.string().optional().describe('as `after`, which it goes before; sent by browsers that come back'),
});

export function registerEventRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/events`,
      operation_id: 'stream_events',
      tag: 'events',
      summary: 'Watch the queue, over a websocket or as server-sent events',
      description:
        'With ?after= the last sequence it saw, a client gets what it missed, or a snapshot; without, what comes from ' +
        'now on. The messages stand in /asyncapi.json. With `Accept: text/event-stream` the same documents come as ' +
        'server-sent events: `event` is their name, `id` the sequence to come back with.',
      scopes: ['read'],
      ticket: true,
      headers: Headers,
      query: z.object({
        after: z.coerce.number().int().min(0).optional().describe('the last sequence that the client saw'),
        item_id: z.coerce.number().int().min(1).optional().describe('only what concerns this item'),
        batch_id: BatchId.optional().describe('only what concerns this batch; of somebody else’s, nothing'),
        ticket: z.string().max(100).optional().describe('of POST …/tickets, instead of a key'),
        progress: z.enum(['true', 'false']).default('true').describe('whether ephemeral events come too'),
        packed: z
          .enum(['true', 'false'])
          .default('false')
          .describe('every message of the websocket is a list of documents'),
      }),
      responses: {
        101: { description: 'The socket is open; the first message is hello.' },
        200: { description: 'Server-sent events.', content_type: 'text/event-stream' },
      },
      problems: ['bad_request'],
    },
    async (c, { query: { ticket: _, packed, ...query } }) => {
      if (wantsSocket(c)) return handOver(c, '/events', { ...query, packed });
      if (!c.req.header('accept')?.toLowerCase().includes('text/event-stream'))
        throw new ProblemError(
          'bad_request',
          'This address is a websocket: connect with ws:// or wss://, or send "Accept: text/event-stream".',
        );
      return eventSource(await socketOf(c, '/events', { ...query, after: lastEventId(c) ?? query.after }));
    },
  );
}

/** What a browser that comes back saw last: newer than the `after` that its address still has. */
function lastEventId(c: AppContext): number | null {
  const id = c.req.header('last-event-id') ?? '';
  if (id === '') return null;
  if (!/^\d{1,15}$/.test(id))
    throw new ProblemError('bad_request', 'Last-Event-ID is no sequence; leave it out, or send the last `id` seen.');
  return Number(id);
}
