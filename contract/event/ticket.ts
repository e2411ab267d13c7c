/** Tickets: for clients that cannot send a header, as a browser's WebSocket and EventSource cannot. */
import { z } from 'zod';
import { Timestamp } from '../names.ts';

export const TICKET_SECONDS = 60;

export const Ticket = z
  .object({
    ticket: z.string().describe('opens one event stream of this queue: GET …/events?ticket='),
    expires_at: Timestamp,
  })
  .meta({ id: 'Ticket' });
export type Ticket = z.infer<typeof Ticket>;
