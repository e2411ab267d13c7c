import { z } from 'zod';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../../contract/limits.ts';
import { AuditPage } from '../../contract/store/audit.ts';
import { listEntries } from '../account/audit.ts';
import { accountDb } from '../account/database.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import type { App } from '../env.ts';

export function registerAuditRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/audit',
      operation_id: 'list_audit',
      tag: 'system',
      summary: 'What admins changed, or tried to, newest first',
      scopes: ['admin'],
      unbound: true,
      query: z.object({
        cursor: z.string().optional().describe('next_cursor of the page before'),
        limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(PAGE_SIZE_DEFAULT),
      }),
      responses: { 200: { description: 'A page', schema: AuditPage } },
    },
    async (c, { query: { cursor, limit } }) => {
      const before = cursor === undefined ? null : decodeCursor(cursor);
      const entries = await listEntries(accountDb(c.env), before, limit);
      const last = entries.length === limit ? entries.at(-1) : undefined;
      const page: AuditPage = { entries, next_cursor: last ? encodeCursor(last.audit_id) : null };
      return c.json(page);
    },
  );
}
