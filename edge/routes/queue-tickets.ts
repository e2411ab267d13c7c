/** Tickets of event streams. */
import { Ticket } from '../../contract/event/ticket.ts';
import { timestamp } from '../../contract/names.ts';
import { freshTicket } from '../auth/ticket.ts';
import { sha256Hex } from '../digest.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { command } from './queue-call.ts';

export function registerTicketRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'post',
      path: `${QUEUE_PREFIX}/tickets`,
      operation_id: 'create_ticket',
      tag: 'events',
      summary: 'A ticket that opens one event stream of this queue, within 60 seconds',
      description:
        'For clients that cannot send a header, as browsers with WebSocket and EventSource: GET /events?ticket=. The ' +
        'stream is what it would be with the key that asked, and ends with that key. A ticket is used once, also by a ' +
        'stream that is refused; a client that comes back asks for another.',
      scopes: ['read'],
      responses: { 201: { description: 'Shown this once', schema: Ticket } },
    },
    async (c) => {
      const ticket = freshTicket();
      const expires_at = await command(c, 'issue_ticket', await sha256Hex(ticket));
      const result: Ticket = { ticket, expires_at: timestamp(expires_at) };
      return c.json(result, 201, { 'cache-control': 'no-store' });
    },
  );
}
