/** Definitions of nodes that runners bring along: announced, listed, decided, and read by what is pinned to them. */
import { and, desc, eq, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { CustomNode, CustomNodeStatus } from '../../contract/graph/custom-node.ts';
import { APPROVED_NODES_MAX, UNAPPROVED_NODES_MAX, USER_UNAPPROVED_NODES_MAX } from '../../contract/limits.ts';
import { timestamp } from '../../contract/names.ts';
import { comesAfter } from '../../graph/version.ts';
import { type AccountDb, jsonList } from './database.ts';
import { customNodes } from './schema.ts';

/** A definition under its name; `text` is its JSON, which `digest` is of. */
export interface Definition {
  type: string;
  version: string;
  digest: string;
  text: string;
}

export type Named = Pick<Definition, 'type' | 'version'>;

interface Announcer {
  user_id: string;
  key_id: string;
  /** The runner's name. */
  runner: string;
}

/** Characters of JSON of one INSERT, of up to three bytes and a backslash each: D1 binds no value over 2,000,000 bytes. */
const INSERT_LENGTH = 300_000;

/** How exactly it is known when a definition was announced last: a runner that registers often writes once a day. */
const ANNOUNCED_MS = 24 * 60 * 60 * 1_000;

export type Standing = Pick<typeof customNodes.$inferSelect, 'type' | 'version' | 'digest' | 'status' | 'approved_at'>;

/**
 * Writes down what nobody announced before, as far as there is room, and answers every row of the types of
 * `definitions`: what is not among them found no room. A registration that brings nothing new only reads.
 */
export async function announce(
  db: AccountDb,
  by: Announcer,
  definitions: readonly Definition[],
  now: number,
): Promise<Standing[]> {
  const standing = () =>
    db
      .select({
        type: customNodes.type,
        version: customNodes.version,
        digest: customNodes.digest,
        status: customNodes.status,
        approved_at: customNodes.approved_at,
        last_announced_at: customNodes.last_announced_at,
      })
      .from(customNodes)
      .where(inArray(customNodes.type, jsonList(definitions.map(({ type }) => type))));
  const known = await standing();
  const rows = new Map(known.map((row) => [nameOf(row), row]));
  const stale = definitions.filter((each) => (rows.get(nameOf(each))?.last_announced_at ?? now) <= now - ANNOUNCED_MS);
  if (stale.length > 0)
    await db
      .update(customNodes)
      .set({ last_announced_at: now })
      .where(inArray(customNodes.digest, jsonList(stale.map(({ digest }) => digest))));
  const taken = new Set(known.flatMap((row) => (row.approved_at === null ? [] : versionOf(row))));
  const fresh = definitions.filter((each) => !rows.has(nameOf(each)) && !taken.has(versionOf(each)));
  if (fresh.length === 0) return known;
  for (const chunk of chunksOf(fresh)) await insert(db, by, chunk, now);
  return standing();
}

const versionOf = ({ type, version }: Named): string => `${type}@${version}`;
const nameOf = (row: Named & { digest: string }): string => `${versionOf(row)} ${row.digest}`;

function* chunksOf(definitions: readonly Definition[]): Generator<Definition[]> {
  let chunk: Definition[] = [];
  let length = 0;
  for (const definition of definitions) {
    if (length > 0 && length + definition.text.length > INSERT_LENGTH) {
      yield chunk;
      [chunk, length] = [[], 0];
    }
    chunk.push(definition);
    length += definition.text.length;
  }
  yield chunk;
}

/** The limits are asked in the statement that writes, so that nobody gets past them by calling often at once. */
async function insert(db: AccountDb, by: Announcer, definitions: readonly Definition[], now: number): Promise<void> {
  await db.run(sql`
    INSERT INTO custom_nodes (type, version, digest, definition, announced_by, announced_by_key, runner,
      first_announced_at, last_announced_at)
    SELECT value->>'type', value->>'version', value->>'digest', value->>'text', ${by.user_id}, ${by.key_id}, ${by.runner},
      ${now}, ${now}
    FROM json_each(${JSON.stringify(definitions)}) WHERE true
    LIMIT max(0, min(
      ${UNAPPROVED_NODES_MAX} - (SELECT COUNT(*) FROM custom_nodes WHERE approved_at IS NULL),
      ${USER_UNAPPROVED_NODES_MAX} - (SELECT COUNT(*) FROM custom_nodes WHERE approved_at IS NULL AND announced_by = ${by.user_id})))
    ON CONFLICT DO NOTHING`);
}

const time = (ms: number | null): string | null => (ms === null ? null : timestamp(ms));

const view = (row: typeof customNodes.$inferSelect): CustomNode => ({
  type: row.type,
  version: row.version,
  digest: row.digest,
  status: row.status,
  definition: JSON.parse(row.definition) as NodeType,
  announced_by: { user_id: row.announced_by, key_id: row.announced_by_key, runner: row.runner },
  first_announced_at: timestamp(row.first_announced_at),
  last_announced_at: timestamp(row.last_announced_at),
  decided_at: time(row.decided_at),
  decided_by: row.decided_by,
});

/** Newest first, from the one before `before`; with the number of each, for the next page. */
export async function listCustomNodes(
  db: AccountDb,
  status: CustomNodeStatus | undefined,
  before: number | null,
  limit: number,
): Promise<{ node_no: number; node: CustomNode }[]> {
  const rows = await db
    .select()
    .from(customNodes)
    .where(
      and(
        status === undefined ? undefined : eq(customNodes.status, status),
        before === null ? undefined : lt(customNodes.node_no, before),
      ),
    )
    .orderBy(desc(customNodes.node_no))
    .limit(limit);
  return rows.map((row) => ({ node_no: row.node_no, node: view(row) }));
}

const is = ({ type, version, digest }: Named & { digest: string }) =>
  and(eq(customNodes.type, type), eq(customNodes.version, version), eq(customNodes.digest, digest));

/** Of several definitions of one version, the one that is approved first is approved; then the others never are. */
export type Decision = { node: CustomNode } | { refused: 'unknown' | 'version_taken' | 'too_many' };

export async function decideCustomNode(
  db: AccountDb,
  named: Named & { digest: string },
  status: 'approved' | 'rejected',
  user_id: string,
  now: number,
): Promise<Decision> {
  const decided = { status, decided_at: now, decided_by: user_id };
  const isApproval = status === 'approved';
  const taken = sql`EXISTS (SELECT 1 FROM custom_nodes AS other WHERE other.type = ${named.type}
    AND other.version = ${named.version} AND other.digest <> ${named.digest} AND other.approved_at IS NOT NULL)`;
  const hasRoom = sql`(custom_nodes.approved_at IS NOT NULL
    OR (SELECT COUNT(*) FROM custom_nodes WHERE approved_at IS NOT NULL) < ${APPROVED_NODES_MAX})`;
  const [row] = await db
    .update(customNodes)
    .set(isApproval ? { ...decided, approved_at: sql`COALESCE(approved_at, ${now})` } : decided)
    .where(isApproval ? and(is(named), sql`NOT ${taken}`, hasRoom) : is(named))
    .returning();
  if (row) return { node: view(row) };
  const versions = await db
    .select({ digest: customNodes.digest, approved_at: customNodes.approved_at })
    .from(customNodes)
    .where(and(eq(customNodes.type, named.type), eq(customNodes.version, named.version)));
  if (versions.every(({ digest }) => digest !== named.digest)) return { refused: 'unknown' };
  return { refused: versions.some(({ approved_at }) => approved_at !== null) ? 'version_taken' : 'too_many' };
}

/** Of each type the newest version that is approved now. */
export async function presentVersions(db: AccountDb): Promise<Named[]> {
  const rows = await db
    .select({ type: customNodes.type, version: customNodes.version })
    .from(customNodes)
    .where(and(isNotNull(customNodes.approved_at), eq(customNodes.status, 'approved')));
  const newest = new Map<string, Named>();
  for (const row of rows) {
    const other = newest.get(row.type);
    if (other === undefined || comesAfter(row.version, other.version)) newest.set(row.type, row);
  }
  return [...newest.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

/** Definitions that were approved at some time, which is what graphs are pinned to. */
export async function approvedDefinitions(db: AccountDb, named: readonly Named[]): Promise<NodeType[]> {
  const rows = await db
    .select({ definition: customNodes.definition })
    .from(customNodes)
    .where(
      and(
        isNotNull(customNodes.approved_at),
        sql`(${customNodes.type}, ${customNodes.version}) IN
          (SELECT value->>'type', value->>'version' FROM json_each(${JSON.stringify(named)}))`,
      ),
    );
  return rows.map(({ definition }) => JSON.parse(definition) as NodeType);
}

/** Forgets what was never approved, and no runner announced since `before`. Answers how many it removed. */
export async function pruneCustomNodes(db: AccountDb, before: number, limit: number): Promise<number> {
  const due = db
    .select({ node_no: customNodes.node_no })
    .from(customNodes)
    .where(and(isNull(customNodes.approved_at), lt(customNodes.last_announced_at, before)))
    .limit(limit);
  const { meta } = await db.delete(customNodes).where(inArray(customNodes.node_no, due));
  return meta.changes;
}
