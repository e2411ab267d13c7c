/** What admins changed, or tried to. */
import { z } from 'zod';
import { Timestamp } from '../names.ts';

export const AuditEntry = z
  .object({
    audit_id: z.int().describe('ascends with time'),
    at: Timestamp,
    key_id: z.string(),
    user_id: z.string(),
    operation_id: z.string().describe('as this document names it'),
    method: z.string(),
    path: z.string(),
    status: z.int().nullable().describe('null: it was begun, and how it ended is not known'),
    request_id: z.string(),
    asked: z.unknown().describe('path, query and body, shortened and without secrets; null when it was not read'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditPage = z
  .object({ entries: z.array(AuditEntry), next_cursor: z.string().nullable().describe('null on the last page') })
  .meta({ id: 'AuditPage' });
export type AuditPage = z.infer<typeof AuditPage>;
