/**
 * What users do: a table of commands, each with how often it comes and how its input is made. A command that the queue
 * does not have is never chosen; one that is new is a line here.
 */

import type { Grant } from '../../contract/runner/claim.ts';
import type { Principal } from '../../contract/store/key.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import type { WorkflowCall } from '../../edge/queue/children.ts';
import { COMMANDS, type CommandName } from '../../edge/queue/commands.ts';
import type { CompiledBatch } from '../../edge/queue/enqueue.ts';
import { ADMIN, aBatch, person } from '../support/queue-fixture.ts';
import type { Item, Model } from './model.ts';
import type { World } from './object.ts';

export interface Users {
  world: World;
  model: Model;
  /** Nodes of the graph of each batch, by its id. */
  graphs: Map<string, readonly string[]>;
  /** Idempotency keys in use, with the batch that they came with. */
  attempts: CompiledBatch[];
}

interface Generator {
  name: string;
  weight: number;
  /** Null when there is nothing that it could be about. */
  input: (users: Users, principal: Principal) => unknown;
  /** Only somebody who may. */
  admin?: boolean;
}

export const PEOPLE: readonly Principal[] = [ADMIN, person('ann'), person('bob'), person('cy')];
const LANES = [0, 0, 0, 5];
const NODES = ['a', 'b', 'c'];
const DESTINATIONS = ['here', 'there', null];
/** Items that wait at a time: enough to choose between, few enough to look at each. */
const OPEN_MAX = 120;

const anyItem = ({ world, model }: Users): Item | null => {
  if (model.items.size === 0) return null;
  // Mostly a recent one: those of long ago have all ended.
  const last = model.items.size;
  const item_id = world.random.chance(0.8)
    ? last - world.random.between(0, Math.min(last - 1, 40))
    : world.random.between(1, last);
  return model.items.get(item_id) ?? null;
};

const anyOpenItem = ({ world, model }: Users): Item | null =>
  model.open.size === 0 ? null : world.random.pick([...model.open]);

const anyBatch = (users: Users): string | null => anyItem(users)?.batch.batch_id ?? null;

/** A batch of a user, or one that came before under its key; null when enough waits. */
function aBatchOf(users: Users, principal: Principal): CompiledBatch | null {
  const { world, model, attempts } = users;
  // Whoever did not name the batch gets another name with each call.
  if (attempts.length > 0 && world.random.chance(0.1)) return rename(users, world.random.pick(attempts));
  return model.open.size > OPEN_MAX ? null : someBatch(users, principal);
}

export function someBatch(users: Users, principal: Principal, over: Partial<CompiledBatch> = {}): CompiledBatch {
  const { world, graphs, attempts } = users;
  const { random, timeline } = world;
  const count = random.chance(0.1) ? random.between(10, 30) : random.between(1, 5);
  const nodes = NODES.slice(0, random.between(1, 3));
  const types: Record<string, string> = random.chance(0.3)
    ? { integer: '1.0.0', string: '1.0.0' }
    : { integer: '1.0.0' };
  const batch_id = `b${graphs.size + 1}`;
  graphs.set(batch_id, nodes);
  const rows = Array.from({ length: count }, (_, index) => [index]);
  const group = {
    length: count,
    fields: [{ node_path: 'a', field_name: 'value' }],
    chunks: [{ first: 0, body: JSON.stringify(rows) }],
  };
  const isBatch = random.chance(0.5);
  const batch = aBatch({
    ...{
      batch_id,
      user_id: principal.user_id,
      requested: count,
      runs: isBatch ? 1 : count,
      groups: isBatch ? [group] : [],
    },
    ...{ priority: random.pick([0, 0, 0, 1, 5]), prepend: random.chance(0.05), allow_partial: random.chance(0.5) },
    ...{ lane: random.pick(LANES), destination: random.pick(DESTINATIONS) },
    start_after: random.chance(0.15) ? timeline.wall + random.between(-1_000, 20_000) : null,
    deadline: random.chance(0.15) ? timeline.wall + random.between(100, 20_000) : null,
    max_run_seconds: random.chance(0.1) ? random.between(1, 20) : null,
    graph: JSON.stringify({
      ...{ engine: ENGINE_VERSION, types, edges: [] },
      nodes: nodes.map((id) => ({ id, type: 'integer', is_intermediate: false, use_cache: true, value: 1 })),
    }),
    requirement: JSON.stringify({ engine: ENGINE_VERSION, types: Object.entries(types), models: [] }),
    idempotency: random.chance(0.3) ? { key: `key of ${batch_id}`, body_hash: batch_id } : null,
    ...over,
  });
  if (batch.idempotency) {
    attempts.push(batch);
    if (attempts.length > 5) attempts.shift();
  }
  return batch;
}

function rename({ graphs }: Users, batch: CompiledBatch): CompiledBatch {
  const batch_id = `b${graphs.size + 1}`;
  graphs.set(batch_id, graphs.get(batch.batch_id) ?? []);
  return { ...batch, batch_id };
}

const TABLE: readonly Generator[] = [
  { name: 'enqueue', weight: 30, input: aBatchOf },
  { name: 'cancel_item', weight: 5, input: (users) => anyItem(users)?.item_id ?? null },
  {
    name: 'cancel_by_batch_ids',
    weight: 2,
    input: (users) => [anyBatch(users), anyBatch(users)].filter((batch_id) => batch_id !== null),
  },
  { name: 'cancel_by_destination', weight: 0.5, input: ({ world }) => world.random.pick(['here', 'there']) },
  { name: 'cancel_all', weight: 0.2, input: () => undefined },
  { name: 'cancel_all_except_current', weight: 0.3, input: () => undefined },
  { name: 'delete_item', weight: 3, input: (users) => anyItem(users)?.item_id ?? null },
  { name: 'delete_by_destination', weight: 0.5, input: ({ world }) => world.random.pick(['here', 'there']) },
  { name: 'delete_all_except_current', weight: 0.2, input: () => undefined },
  { name: 'clear', weight: 0.2, input: () => undefined },
  { name: 'prune', weight: 0.5, input: () => undefined },
  {
    name: 'retry',
    weight: 4,
    input: (users) => ({
      item_ids: Array.from({ length: 5 }, () => anyItem(users)?.item_id ?? 0),
      idempotency: null,
    }),
  },
  {
    name: 'set_priority',
    weight: 4,
    input: (users) => {
      const item = anyItem(users);
      return item && { item_id: item.item_id, priority: users.world.random.between(-2, 5) };
    },
  },
  {
    name: 'move_item',
    weight: 4,
    input: (users) => {
      const [item, other] = [anyOpenItem(users), anyOpenItem(users)];
      const side = users.world.random.pick(['before', 'after']);
      return item && other && { item_id: item.item_id, beside: { [side]: other.item_id } };
    },
  },
  { name: 'empty_invocation_cache', weight: 0.3, input: () => undefined, admin: true },
  { name: 'pause', weight: 1, input: () => undefined, admin: true },
  { name: 'resume', weight: 3, input: () => undefined, admin: true },
  {
    name: 'drain_runner',
    weight: 1,
    input: ({ world, model }) => {
      const present = [...model.runners.values()].filter((runner) => runner.present);
      return present.length === 0 ? null : world.random.pick(present).runner_id;
    },
    admin: true,
  },
];

const GENERATORS = TABLE.filter((generator) => generator.name in COMMANDS);

/** A workflow call of a session that runs: a few children. */
export function someChildren(users: Users, grant: Grant, workflow_call_id: string): WorkflowCall {
  const { graphs, world } = users;
  const { item_id, fence, token } = grant;
  // The same call of the same session is the same batch.
  const batch_id = `children of ${item_id}, ${workflow_call_id}`;
  const count = world.random.between(1, 3);
  graphs.set(batch_id, ['a']);
  const nodes = [{ id: 'a', type: 'integer', is_intermediate: false, use_cache: true, value: 1 }];
  const graph = JSON.stringify({ engine: ENGINE_VERSION, types: { integer: '1.0.0' }, nodes, edges: [] });
  const batch = aBatch({ batch_id, requested: count, runs: count, groups: [], graph });
  return { item_id, fence, token, workflow_call_id, batch };
}

/** One command of one user, with its input; null when there was nothing to do. */
export function someCommand(users: Users): { name: CommandName; principal: Principal; input: unknown } | null {
  const { random } = users.world;
  const { name, input, admin } = random.weighted(GENERATORS);
  const principal = admin || random.chance(0.4) ? ADMIN : random.pick(PEOPLE);
  const made = input(users, principal);
  return made === null ? null : { name: name as CommandName, principal, input: made ?? null };
}
