/** Websockets end in the queue's object: the Worker checks the key and hands the request over. */

import type { AppContext } from '../env.ts';
import { ProblemError } from '../problem.ts';
import type { SocketCall } from '../queue/object.ts';
import { CALL_HEADER } from '../queue/object-call.ts';
import { callOf, queueOf } from './queue-call.ts';

/** `path` is the object's own: `/events` or `/runner`. */
export async function handOver(
  c: AppContext,
  path: string,
  query: Record<string, string | number | undefined>,
): Promise<Response> {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
    throw new ProblemError('bad_request', 'This address is a websocket: connect with ws:// or wss://.');
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
  return response;
}
