/** One item: itself, what it ran and returned. */
import { z } from 'zod';
import { PAGE_SIZE_MAX } from '../../contract/limits.ts';
import { Item, ItemInvocations, ItemOrNull, ItemOutputs } from '../../contract/queue/item.ts';
import { ItemLogs, ItemStats } from '../../contract/queue/statistics.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { BEFORE_FIRST } from '../queue/invocation-reads.ts';
import { itemAnswer } from './item-answer.ts';
import { hold, WaitHeaders, WaitQuery } from './item-wait.ts';
import { read } from './queue-call.ts';

export const ItemParams = z.object({ item_id: z.coerce.number().int().min(1) });

const PageQuery = z.object({
  cursor: z.string().optional().describe('next_cursor of the page before'),
  limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_MAX).describe('of one page'),
});

const LogHeaders = z.object({ accept: z.string().optional().describe('text/plain asks for a line each') });

/** A page of an item's invocations; refused to those who may not see it whole. */
async function readPage(c: AppContext, item_id: number, query: z.output<typeof PageQuery>, outputs: boolean) {
  const after = query.cursor === undefined ? BEFORE_FIRST : decodeCursor(query.cursor);
  const page = await read(c, 'invocations', { item_id, after, limit: query.limit, outputs });
  const next_cursor = page.next === null ? null : encodeCursor(page.next);
  return { ...page, next_cursor };
}

export function registerItemRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}`,
      operation_id: 'get_item',
      tag: 'queue',
      summary: 'An item with its session, held until it is final if the caller wants to wait',
      scopes: ['read'],
      params: ItemParams,
      query: z.object(WaitQuery),
      headers: WaitHeaders,
      responses: { 200: { description: 'The item.', schema: Item } },
    },
    async (c, { params: { item_id }, query: { wait } }) => {
      await hold(c, item_id, wait);
      return c.json(await itemAnswer(c, await read(c, 'item', item_id)));
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/current`,
      operation_id: 'get_current_item',
      tag: 'queue',
      summary: 'An item that is in progress, or null',
      scopes: ['read'],
      responses: { 200: { description: 'The item.', schema: ItemOrNull } },
    },
    async (c) => {
      const current = await read(c, 'current', null);
      return c.json(current && (await itemAnswer(c, current)));
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}/outputs`,
      operation_id: 'get_item_outputs',
      tag: 'queue',
      summary: 'What the session is for: the results of its non-intermediate invocations, by pages',
      scopes: ['read'],
      params: ItemParams,
      query: PageQuery.extend(WaitQuery),
      headers: WaitHeaders,
      responses: { 200: { description: 'The outputs so far.', schema: ItemOutputs } },
    },
    async (c, { params: { item_id }, query: { wait, ...query } }) => {
      await hold(c, item_id, wait);
      const { status, records, next_cursor } = await readPage(c, item_id, query, true);
      const outputs = records.flatMap(({ invocation_id, invocation_source_id, type, result }) =>
        result ? [{ invocation_id, invocation_source_id, type, result }] : [],
      );
      return c.json({ item_id, status, outputs, next_cursor } satisfies ItemOutputs);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}/invocations`,
      operation_id: 'get_item_invocations',
      tag: 'queue',
      summary: 'The recorded invocations in order of completion, by pages',
      scopes: ['read'],
      params: ItemParams,
      query: PageQuery,
      responses: { 200: { description: 'A page of them.', schema: ItemInvocations } },
    },
    async (c, { params: { item_id }, query }) => {
      const { status, records, next_cursor } = await readPage(c, item_id, query, false);
      return c.json({ item_id, status, invocations: records, next_cursor } satisfies ItemInvocations);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}/stats`,
      operation_id: 'get_item_stats',
      tag: 'queue',
      summary: 'What the runs of an item took: by node type, waiting for models and assets, memory',
      scopes: ['read'],
      params: ItemParams,
      responses: { 200: { description: 'The figures of each run that reported.', schema: ItemStats } },
    },
    async (c, { params: { item_id } }) => c.json(await read(c, 'stats', item_id)),
  );

  endpoint(
    app,
    {
      method: 'get',
      path: `${QUEUE_PREFIX}/i/{item_id}/logs`,
      operation_id: 'get_item_logs',
      tag: 'queue',
      summary: 'What the runs of an item wrote, as JSON or, with `Accept: text/plain`, a line each',
      scopes: ['read'],
      params: ItemParams,
      headers: LogHeaders,
      responses: { 200: { description: 'The lines of each run that has ended, in order.', schema: ItemLogs } },
    },
    async (c, { params: { item_id } }) => {
      const logs = await read(c, 'logs', item_id);
      return prefersText(c) ? c.text(logText(logs)) : c.json(logs);
    },
  );
}

const prefersText = (c: AppContext): boolean => c.req.header('accept')?.toLowerCase().startsWith('text/plain') ?? false;

/** A line each: what a message breaks into lines is indented, and none of it moves the cursor of who reads. */
const logText = ({ lines }: ItemLogs): string =>
  lines
    .map(({ at, attempt, level, invocation_id, message }) => {
      const text = message.replaceAll(/\r?\n/g, '\n    ').replaceAll(/[^\P{Cc}\t\n]/gu, '\ufffd');
      return `${at} #${attempt} ${level.padEnd(5)} ${invocation_id === undefined ? '' : `${invocation_id}: `}${text}\n`;
    })
    .join('');
