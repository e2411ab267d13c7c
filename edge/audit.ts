/** The record of what admins change: begun before the change, completed after it, also when it was refused. */
import { isAdmin } from '../contract/store/key.ts';
import { completeEntry, insertEntry } from './account/audit.ts';
import { accountDb } from './account/database.ts';
import type { Middleware } from './auth/require.ts';
import type { AppContext } from './env.ts';
import { logError } from './log.ts';

/** Asked after `authenticate`. What admins do is recorded: nobody else changes anything here, or could fill the record. */
export const audited: Middleware = async (c, next) => {
  if (!isAdmin(c.var.principal)) return next();
  c.set('audit', { audit_id: null });
  await next();
  const { audit_id } = c.var.audit ?? { audit_id: null };
  try {
    if (audit_id === null) await insertEntry(accountDb(c.env), entryOf(c, c.res.status, null));
    else await completeEntry(accountDb(c.env), audit_id, c.res.status);
  } catch (error) {
    // What was done is done, and the row that says that it was begun is there.
    logError(c, 'the audit entry was not completed', error);
  }
};

/** Before the change. When it cannot be written, there is no change. */
export async function beginAudit(c: AppContext, asked: unknown): Promise<void> {
  const { audit } = c.var;
  if (audit) audit.audit_id = await insertEntry(accountDb(c.env), entryOf(c, null, shortened(asked)));
}

const entryOf = (c: AppContext, status: number | null, asked: unknown) => ({
  at: Date.now(),
  key_id: c.var.principal.key_id,
  user_id: c.var.principal.user_id,
  operation_id: c.var.operation_id,
  method: c.req.method,
  path: c.req.path.slice(0, PATH_LENGTH_MAX),
  status,
  request_id: c.var.request_id,
  asked,
});

const PATH_LENGTH_MAX = 1_000;
const SECRET = /secret|password|token|authorization|credential/i;
const TEXT_LENGTH_MAX = 200;
const LIST_LENGTH_MAX = 20;
const DEPTH_MAX = 5;
const ASKED_LENGTH_MAX = 4_000;

/** A request small enough to keep, without what is nobody's to read. Exported for its test. */
export function shortened(asked: unknown): unknown {
  const short = shorten(asked, 0);
  return JSON.stringify(short).length <= ASKED_LENGTH_MAX ? short : { too_long: Object.keys(asked ?? {}) };
}

function shorten(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > TEXT_LENGTH_MAX ? `${value.slice(0, TEXT_LENGTH_MAX)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEPTH_MAX) return '…';
  if (Array.isArray(value)) {
    const head = value.slice(0, LIST_LENGTH_MAX).map((each) => shorten(each, depth + 1));
    return value.length > LIST_LENGTH_MAX ? [...head, `… ${value.length - LIST_LENGTH_MAX} more`] : head;
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, LIST_LENGTH_MAX)
      .map(([name, each]) => [name, SECRET.test(name) ? '[secret]' : shorten(each, depth + 1)]),
  );
}
