/** Websockets end in the queue's object: the Worker checks the key and hands the request over, or ends them itself. */

import type { AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import type { SocketCall } from '../queue/object.ts';
import { CALL_HEADER } from '../queue/object-call.ts';
import { callOf, queueIdOf, queueOf } from './queue-call.ts';

type Query = Record<string, string | number | undefined>;

export const wantsSocket = (c: AppContext): boolean => c.req.header('upgrade')?.toLowerCase() === 'websocket';

/** The object's answer, with the other end of the socket. `path` is the object's own: `/events` or `/runner`. */
async function request(c: AppContext, path: string, query: Query): Promise<Response> {
  const url = new URL(path, 'https://queue');
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  // Which queues the key opens was checked, and a header has no room for a thousand of them.
  const call: SocketCall = {
    ...callOf(c),
    principal: { ...c.var.principal, queue_ids: null },
    key_expires_at: c.var.key_expires_at,
  };
  const response = await queueOf(c).fetch(
    new Request(url, { headers: { upgrade: 'websocket', [CALL_HEADER]: JSON.stringify(call) } }),
  );
  if (response.status === 409)
    throw new ProblemError('conflict', 'The runner is not registered with this epoch, or was lost; register again.', {
      extra: { register_again: true },
    });
  if (response.status === 404) throw new ProblemError('not_found', `There is no queue "${queueIdOf(c)}".`);
  return response;
}

/** Hands the caller's socket over. */
export async function handOver(c: AppContext, path: string, query: Query): Promise<Response> {
  if (!wantsSocket(c))
    throw new ProblemError('bad_request', 'This address is a websocket: connect with ws:// or wss://.');
  return request(c, path, query);
}

/** A socket of the Worker's own, over which it serves a caller who has none. Not accepted yet: listen first. */
export async function socketOf(c: AppContext, path: string, query: Query): Promise<WebSocket> {
  const { webSocket, status } = await request(c, path, query);
  if (!webSocket) throw new Error(`the queue opened no socket: ${status}`);
  return webSocket;
}
