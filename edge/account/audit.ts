/** The audit's rows. */
import { desc, eq, inArray, lt } from 'drizzle-orm';
import { timestamp } from '../../contract/names.ts';
import type { AuditEntry } from '../../contract/store/audit.ts';
import type { AccountDb } from './database.ts';
import { auditEntries } from './schema.ts';

type Row = typeof auditEntries.$inferSelect;

export async function insertEntry(db: AccountDb, entry: Omit<Row, 'audit_id'>): Promise<number> {
  const [row] = await db.insert(auditEntries).values(entry).returning({ audit_id: auditEntries.audit_id });
  if (!row) throw new Error('the audit entry was not written');
  return row.audit_id;
}

export async function completeEntry(db: AccountDb, audit_id: number, status: number): Promise<void> {
  await db.update(auditEntries).set({ status }).where(eq(auditEntries.audit_id, audit_id));
}

/** Newest first, from the one before `before`. */
export async function listEntries(db: AccountDb, before: number | null, limit: number): Promise<AuditEntry[]> {
  const rows = await db
    .select()
    .from(auditEntries)
    .where(before === null ? undefined : lt(auditEntries.audit_id, before))
    .orderBy(desc(auditEntries.audit_id))
    .limit(limit);
  return rows.map((row) => ({ ...row, at: timestamp(row.at) }));
}

/** Rows in one statement: D1 ends one that takes too long. */
const PRUNED_AT_ONCE = 5_000;

/** Removes what is older; what one call leaves, the next takes. Answers how many it removed. */
export async function pruneAudit(db: AccountDb, before: number): Promise<number> {
  const due = db
    .select({ audit_id: auditEntries.audit_id })
    .from(auditEntries)
    .where(lt(auditEntries.at, before))
    .limit(PRUNED_AT_ONCE);
  const { meta } = await db.delete(auditEntries).where(inArray(auditEntries.audit_id, due));
  return meta.changes;
}
