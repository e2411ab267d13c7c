/** Nodes that runners bring along, for admins: what waits, and what was decided. */
import { z } from 'zod';
import {
  CustomNode,
  CustomNodePage,
  CustomNodeStatus,
  DecideCustomNodeBody,
} from '../../contract/graph/custom-node.ts';
import { PAGE_SIZE_DEFAULT } from '../../contract/limits.ts';
import { type Decision, decideCustomNode, listCustomNodes } from '../account/custom-nodes.ts';
import { accountDb } from '../account/database.ts';
import { forgetCatalogue } from '../catalogue.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import type { App } from '../env.ts';
import { ProblemError } from '../problem.ts';

const tag = 'catalogue';
const Params = z.object({ type: z.string(), version: z.string() });

const DECISIONS = [
  {
    verb: 'approve',
    status: 'approved',
    summary: 'Let graphs use a definition that a runner announced',
    description: 'From then on this version of the type has no other definition.',
  },
  {
    verb: 'reject',
    status: 'rejected',
    summary: 'Do not let graphs use a definition, or not any longer',
    description: 'What was enqueued with it before still runs, and is still shown.',
  },
] as const;

export function registerCustomNodeRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/catalogue/custom',
      operation_id: 'list_custom_nodes',
      tag,
      summary: 'Definitions that runners announced, newest first',
      scopes: ['admin'],
      unbound: true,
      query: z.object({
        status: CustomNodeStatus.optional(),
        cursor: z.string().optional().describe('next_cursor of the page before'),
        limit: z.coerce.number().int().min(1).max(PAGE_SIZE_DEFAULT).default(PAGE_SIZE_DEFAULT),
      }),
      responses: { 200: { description: 'A page', schema: CustomNodePage } },
    },
    async (c, { query: { status, cursor, limit } }) => {
      const before = cursor === undefined ? null : decodeCursor(cursor);
      const rows = await listCustomNodes(accountDb(c.env), status, before, limit);
      const last = rows.length === limit ? rows.at(-1) : undefined;
      const next_cursor = last ? encodeCursor(last.node_no) : null;
      return c.json({ nodes: rows.map(({ node }) => node), next_cursor } satisfies CustomNodePage);
    },
  );

  for (const { verb, status, summary, description } of DECISIONS)
    endpoint(
      app,
      {
        method: 'put',
        path: `/api/v1/catalogue/custom/{type}/{version}/${verb}`,
        operation_id: `${verb}_custom_node`,
        tag,
        summary,
        description,
        scopes: ['admin'],
        unbound: true,
        params: Params,
        body: DecideCustomNodeBody,
        responses: { 200: { description: 'The definition as it stands now', schema: CustomNode } },
        problems: ['conflict'],
      },
      async (c, { params: { type, version }, body: { digest } }) => {
        const named = { type, version, digest };
        const { user_id } = c.var.principal;
        const decision = await decideCustomNode(accountDb(c.env), named, status, user_id, Date.now());
        forgetCatalogue();
        if ('refused' in decision) throw refusal(decision.refused, `"${type}" ${version}`);
        return c.json(decision.node);
      },
    );
}

function refusal(why: Extract<Decision, { refused: unknown }>['refused'], name: string): ProblemError {
  switch (why) {
    case 'unknown':
      return new ProblemError('not_found', `No runner announced ${name} with this definition; list them anew.`);
    case 'version_taken':
      return new ProblemError(
        'conflict',
        `${name} was approved with another definition; its author has to raise the version.`,
      );
    case 'too_many':
      return new ProblemError('conflict', 'As many definitions as the account holds have been approved.');
  }
}
