/** What a runner may be granted of what it says it can run: its own node types count once an admin approved them. */
import { type Fault, pointer } from '../contract/error/problem.ts';
import type { UnapprovedNode } from '../contract/graph/custom-node.ts';
import type { RunnerTypes } from '../contract/runner/register.ts';
import { isCustomType } from '../graph/catalogue.ts';
import { customNodeFaults } from '../graph/custom-node.ts';
import { own } from '../graph/own.ts';
import { announce, type Definition, type Standing } from './account/custom-nodes.ts';
import { accountDb } from './account/database.ts';
import { sha256Hex } from './digest.ts';
import type { AppContext } from './env.ts';
import { ProblemError } from './problem.ts';

/** What it may be granted, and what it may not yet. */
export interface Admitted {
  types: Record<string, string>;
  unapproved: UnapprovedNode[];
}

/** Refuses definitions with faults; writes down those that nobody announced before. */
export async function admit(c: AppContext, { types, nodes = [] }: RunnerTypes, runner: string): Promise<Admitted> {
  const definitions: Definition[] = [];
  const faults = strayTypes(types, new Set(nodes.map(({ type }) => type)));
  for (const [index, node] of nodes.entries()) {
    const text = JSON.stringify(node);
    const { type, version } = node;
    faults.push(...customNodeFaults(node, text, ['nodes', index]));
    const complain = (field: string, detail: string) =>
      faults.push({ pointer: pointer(['nodes', index, field]), code: 'invalid_value', detail });
    if (definitions.some((other) => other.type === type)) complain('type', 'Two nodes are of this type; rename one.');
    else if (own(types, type) !== version)
      complain('version', '"types" names another version, or none; name this one.');
    definitions.push({ type, version, text, digest: await sha256Hex(text) });
  }
  if (faults.length > 0)
    throw new ProblemError('validation_failed', 'The runner announces nodes that cannot be used.', { errors: faults });
  if (definitions.length === 0) return { types, unapproved: [] };
  const { user_id, key_id } = c.var.principal;
  const standing = await announce(accountDb(c.env), { user_id, key_id, runner }, definitions, Date.now());
  const unapproved = definitions.flatMap((definition) => refusalOf(definition, standing) ?? []);
  const left = new Set(unapproved.map(({ type }) => type));
  return { types: Object.fromEntries(Object.entries(types).filter(([type]) => !left.has(type))), unapproved };
}

/** Types that nobody could approve, since their definition did not come with them. */
const strayTypes = (types: Readonly<Record<string, string>>, defined: ReadonlySet<string>): Fault[] =>
  Object.keys(types).flatMap((type) =>
    isCustomType(type) && !defined.has(type)
      ? {
          pointer: pointer(['types', type]),
          code: 'missing' as const,
          detail: 'A type with a namespace is the runner\'s own: add its definition to "nodes".',
        }
      : [],
  );

const DETAILS: Record<UnapprovedNode['reason'], string> = {
  pending: 'It waits for an admin: switchyard nodes approve',
  rejected: 'An admin has rejected it.',
  version_taken: 'This version was approved with another definition; raise the version of a node that you change.',
  too_many: 'Too many definitions wait for a decision, so that this one was not recorded; have those decided first.',
};

/** Null for what was approved, also when it was rejected afterwards: what is queued with it still runs. */
function refusalOf({ type, version, digest }: Definition, standing: readonly Standing[]): UnapprovedNode | null {
  const rows = standing.filter((row) => row.type === type && row.version === version);
  const row = rows.find((each) => each.digest === digest);
  if (row && row.approved_at !== null) return null;
  const refused = (reason: UnapprovedNode['reason'], detail = DETAILS[reason]) => ({
    ...{ type, version, digest, reason, detail },
  });
  if (rows.some(({ approved_at }) => approved_at !== null)) return refused('version_taken');
  if (row === undefined) return refused('too_many');
  return row.status === 'rejected' ? refused('rejected') : refused('pending', `${DETAILS.pending} ${type}@${version}`);
}
