/** The runner protocol. */
import { z } from 'zod';
import { RunnerId } from '../../contract/names.ts';
import { CallbacksBody, CallbacksResult } from '../../contract/runner/callbacks.ts';
import { ClaimBody, ClaimResult } from '../../contract/runner/claim.ts';
import { HeartbeatBody, HeartbeatResult } from '../../contract/runner/heartbeat.ts';
import { RegisterBody, RegisterResult, RunnerTypesBody, RunnerTypesResult } from '../../contract/runner/register.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { requireProtocol } from '../protocol-version.ts';
import { unwrap } from '../remote-queue.ts';
import { admit } from '../runner-types.ts';
import { callOf, command, queueOf } from './queue-call.ts';
import { handOver } from './queue-socket.ts';

/** A body that is JSON text already. */
const jsonText = (text: string) => new Response(text, { headers: { 'content-type': 'application/json' } });

const RUNNER_PREFIX = `${QUEUE_PREFIX}/runner`;

export function registerRunnerRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'post',
      path: `${RUNNER_PREFIX}/register`,
      operation_id: 'register_runner',
      tag: 'runner',
      summary: 'Introduce a runner; a second registration ends the first',
      scopes: ['runner'],
      body: RegisterBody,
      precondition: requireProtocol,
      responses: { 200: { description: 'The registration.', schema: RegisterResult } },
      problems: ['upgrade_required', 'conflict'],
    },
    async (c, { body: { nodes, types: all, ...body } }) => {
      const { types, unapproved } = await admit(c, { types: all, nodes }, body.name);
      return c.json({ ...(await command(c, 'register', { ...body, types })), unapproved });
    },
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${RUNNER_PREFIX}/types`,
      operation_id: 'update_runner_types',
      tag: 'runner',
      summary: 'Name the types of a registered runner again, to learn which of its own have been approved meanwhile',
      scopes: ['runner'],
      body: RunnerTypesBody,
      responses: {
        200: { description: 'What is not approved yet; work with the others comes.', schema: RunnerTypesResult },
      },
      problems: ['conflict'],
    },
    async (c, { body: { runner_id, epoch, types: all, nodes } }) => {
      const { types, unapproved } = await admit(c, { types: all, nodes }, runner_id);
      await command(c, 'set_types', { runner_id, epoch, types });
      return c.json({ unapproved });
    },
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${RUNNER_PREFIX}/claim`,
      operation_id: 'claim_items',
      tag: 'runner',
      summary: 'Take leases on pending items',
      scopes: ['runner'],
      body: ClaimBody,
      responses: { 200: { description: 'The leases; none when there is nothing to do.', schema: ClaimResult } },
      problems: ['conflict'],
    },
    async (c, { body }) => jsonText(unwrap(await queueOf(c).commandText(callOf(c), 'claim', JSON.stringify(body)))),
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${RUNNER_PREFIX}/callbacks`,
      operation_id: 'post_callbacks',
      tag: 'runner',
      summary: 'Report what happened, and claim more in the same call',
      scopes: ['runner'],
      body: CallbacksBody,
      responses: { 200: { description: 'One answer for each entry.', schema: CallbacksResult } },
      problems: ['conflict'],
    },
    async (c, { body }) => jsonText(unwrap(await queueOf(c).commandText(callOf(c), 'callbacks', JSON.stringify(body)))),
  );

  endpoint(
    app,
    {
      method: 'post',
      path: `${RUNNER_PREFIX}/heartbeat`,
      operation_id: 'heartbeat',
      tag: 'runner',
      summary: 'Show life and name what is held; what is not named is free again',
      scopes: ['runner'],
      body: HeartbeatBody,
      responses: { 200: { description: 'What changed meanwhile.', schema: HeartbeatResult } },
      problems: ['conflict'],
    },
    async (c, { body }) => c.json(await command(c, 'heartbeat', body)),
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${RUNNER_PREFIX}/socket`,
      operation_id: 'open_runner_socket',
      tag: 'runner',
      summary: 'Orders down, progress up, over a websocket',
      scopes: ['runner'],
      query: z.object({ runner_id: RunnerId, epoch: z.coerce.number().int() }),
      responses: { 101: { description: 'The socket is open.' } },
      problems: ['conflict'],
    },
    (c, { query }) => handOver(c, '/runner', query),
  );
}
