import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Problem } from '../../contract/error/problem.ts';
import type { Catalogue, NodeType } from '../../contract/graph/catalogue.ts';
import { CustomNode, CustomNodePage } from '../../contract/graph/custom-node.ts';
import { RUNNER_NODES_MAX, USER_UNAPPROVED_NODES_MAX } from '../../contract/limits.ts';
import type { Item } from '../../contract/queue/item.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { RegisterResult, RunnerTypesResult } from '../../contract/runner/register.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { forgetCatalogue, pinnedCatalogues } from '../catalogue.ts';
import { runScheduled } from '../scheduled.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { answerOf } from '../testing/answer.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const CUSTOM = '/api/v1/catalogue/custom';

let admin: Call;
let queues = 0;
let prefix = '';
let runner: Call;
let runnerKey: string;

beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
});

beforeEach(async () => {
  await env.DB.exec('DELETE FROM custom_nodes');
  forgetCatalogue();
  const queue_id = `own-nodes-${++queues}`;
  expect((await admin('POST', '/api/v1/queues', { json: { queue_id } })).status).toBe(201);
  prefix = `/api/v1/queue/${queue_id}`;
  runnerKey = await makeKey({ scopes: ['runner'], user_id: 'ann' });
  runner = caller(runnerKey);
});

const nodeOf = (change: Partial<NodeType> = {}): NodeType => ({
  type: 'acme:double',
  version: '1.0.0',
  title: 'Double',
  category: 'math',
  deterministic: true,
  inputs: {
    value: { field_type: 'integer', input: 'any', required: false, title: 'Value', schema: { default: 2, minimum: 0 } },
  },
  output_type: 'integer_output',
  outputs: { value: { field_type: 'integer', title: 'Value' } },
  ...change,
});

const typesOf = (nodes: readonly NodeType[]) => Object.fromEntries(nodes.map(({ type, version }) => [type, version]));

const introduction = (nodes: readonly NodeType[], change: object = {}) => ({
  ...{ protocol: PROTOCOL_VERSION, runner_id: 'r1', name: 'workstation', engine: ENGINE_VERSION },
  ...{ types: typesOf(nodes), nodes, devices: [{ id: 'cpu' }], ...change },
});

const register = (nodes: readonly NodeType[], call = runner): Promise<RegisterResult> =>
  answerOf(call, `${prefix}/runner/register`, RegisterResult, introduction(nodes));

const claim = async (epoch: number, number: number): Promise<Grant[]> => {
  const json = { runner_id: 'r1', epoch, claim: number, max_items: 10 };
  const response = await runner('POST', `${prefix}/runner/claim`, { json });
  return (await response.json<{ grants: Grant[] }>()).grants;
};

const decide = (
  verb: 'approve' | 'reject',
  { type, version, digest }: { type: string; version: string; digest: string },
) => admin('PUT', `${CUSTOM}/${type}/${version}/${verb}`, { json: { digest } });

async function approved(node: NodeType): Promise<RegisterResult> {
  const { unapproved } = await register([node]);
  expect((await decide('approve', unapproved[0]!)).status).toBe(200);
  return register([node]);
}

const enqueue = (type: string, value?: number) =>
  admin('POST', `${prefix}/enqueue_graph`, {
    json: { graph: { nodes: { n: { type, ...(value === undefined ? {} : { value }) } } } },
  });

const typesInCatalogue = async () => {
  const { node_types } = await (await admin('GET', '/api/v1/catalogue')).json<Catalogue>();
  return Object.fromEntries(
    Object.values(node_types).flatMap(({ type, version }) => (type.includes(':') ? [[type, version]] : [])),
  );
};

const listed = async (query = ''): Promise<CustomNode[]> =>
  (await answerOf(admin, `${CUSTOM}${query}`, CustomNodePage)).nodes;

test('waits for an admin, who sees it whole, and is used from then on without another registration', async () => {
  const before = (await admin('GET', '/api/v1/catalogue')).headers.get('etag');
  const { epoch, unapproved } = await register([nodeOf()]);
  expect(unapproved).toMatchObject([{ type: 'acme:double', version: '1.0.0', reason: 'pending' }]);

  const refused = await enqueue('acme:double', 4);
  expect(refused.status).toBe(422);
  expect((await refused.json<Problem>()).errors).toMatchObject([
    { pointer: '/graph/nodes/n/type', code: 'unknown_node_type', detail: expect.stringContaining('switchyard nodes') },
  ]);

  const [waiting] = await listed('?status=pending');
  expect(waiting).toMatchObject({ definition: nodeOf(), status: 'pending', decided_at: null });
  expect(waiting!.announced_by).toMatchObject({ user_id: 'ann', runner: 'workstation' });
  const answer = await decide('approve', waiting!);
  expect(CustomNode.parse(await answer.json())).toMatchObject({ status: 'approved', decided_by: 'system' });

  expect(await typesInCatalogue()).toEqual({ 'acme:double': '1.0.0' });
  const schema = await (await admin('GET', '/api/v1/catalogue/schema')).json<{ $defs: object }>();
  expect(schema.$defs).toHaveProperty(['node.acme:double']);
  expect((await admin('GET', '/api/v1/catalogue')).headers.get('etag')).not.toBe(before);

  expect((await enqueue('acme:double', 4)).status).toBe(201);
  // As it registered, it is not able to.
  expect(await claim(epoch, 1)).toEqual([]);
  const json = { runner_id: 'r1', epoch, types: typesOf([nodeOf()]), nodes: [nodeOf()] };
  expect(await answerOf(runner, `${prefix}/runner/types`, RunnerTypesResult, json)).toEqual({ unapproved: [] });
  expect(await claim(epoch, 2)).toHaveLength(1);
});

test('is checked as the built-in ones are, with its default', async () => {
  await approved(nodeOf());
  expect((await enqueue('acme:double', -1)).status).toBe(422);
  const { item_id } = await (await enqueue('acme:double')).json<{ item_id: number }>();
  const { session } = await (await admin('GET', `${prefix}/i/${item_id}`)).json<Item>();
  expect(session).toMatchObject({ graph: { nodes: { n: { type: 'acme:double', value: 2 } } } });
});

test('a version that was approved has no other definition, whoever comes with one', async () => {
  const rival = nodeOf({ title: 'Twice' });
  const { unapproved } = await register([rival]);
  await approved(nodeOf());
  expect((await register([rival])).unapproved).toMatchObject([{ reason: 'version_taken' }]);
  // Also not the one that was there before.
  const response = await decide('approve', unapproved[0]!);
  expect([response.status, (await response.json<Problem>()).detail]).toEqual([409, expect.stringContaining('raise')]);

  // Nor when the first is rejected: graphs are pinned to it.
  const [first] = await listed('?status=approved');
  expect((await decide('reject', first!)).status).toBe(200);
  expect((await decide('approve', unapproved[0]!)).status).toBe(409);
});

test('of an unapproved version the definitions are told apart', async () => {
  const one = (await register([nodeOf()])).unapproved[0]!;
  const other = (await register([nodeOf({ title: 'Twice' })])).unapproved[0]!;
  expect(await listed()).toHaveLength(2);
  expect((await decide('approve', { ...one, digest: '0'.repeat(64) })).status).toBe(404);
  expect((await decide('approve', other)).status).toBe(200);
  expect((await register([nodeOf({ title: 'Twice' })])).unapproved).toEqual([]);
  expect((await decide('approve', one)).status).toBe(409);
});

test('the newest version that is approved is the present one; what was enqueued with others is shown and run', async () => {
  await approved(nodeOf());
  const { item_id } = await (await enqueue('acme:double', 4)).json<{ item_id: number }>();
  const wide = nodeOf({ version: '1.1.0', title: 'Twice' });
  const { epoch } = await approved(wide);
  expect(await typesInCatalogue()).toEqual({ 'acme:double': '1.1.0' });

  const [newer] = await listed('?status=approved&limit=1');
  await decide('reject', newer!);
  expect(await typesInCatalogue()).toEqual({ 'acme:double': '1.0.0' });
  const older = (await listed('?status=approved'))[0]!;
  await decide('reject', older);
  expect(await typesInCatalogue()).toEqual({});
  expect((await enqueue('acme:double', 4)).status).toBe(422);

  const [grant] = await claim(epoch, 1);
  expect(grant).toMatchObject({ item_id });
  const { session } = await (await admin('GET', `${prefix}/i/${item_id}`)).json<Item>();
  expect(session).toMatchObject({ graph: { nodes: { n: { type: 'acme:double', value: 4 } } } });
  expect(session).not.toHaveProperty('replay_error');
  const all = await (await admin('GET', `${prefix}/list_all`)).json<Item[]>();
  expect(all[0]?.session).toEqual(session);
});

test('rejected, it is not asked about again, and may still be approved', async () => {
  const { unapproved } = await register([nodeOf()]);
  await decide('reject', unapproved[0]!);
  expect((await register([nodeOf()])).unapproved).toMatchObject([{ reason: 'rejected' }]);
  expect(await listed('?status=pending')).toEqual([]);
  await decide('approve', unapproved[0]!);
  expect((await register([nodeOf()])).unapproved).toEqual([]);
});

describe('a registration is refused', () => {
  const double = nodeOf();
  const input = { ...double.inputs.value!, schema: { default: 2, pattern: 'x' } };
  test.each([
    ['with a type that has no definition', { types: { 'acme:triple': '1.0.0' }, nodes: [] }, '/types/acme:triple'],
    ['with a definition of another version', { types: { 'acme:double': '1.0.1' } }, '/nodes/0/version'],
    [
      'with a definition of a built-in type',
      { types: { add: '1.0.0' }, nodes: [nodeOf({ type: 'add' })] },
      '/nodes/0/type',
    ],
    ['with the same type twice', { nodes: [double, nodeOf({ title: 'Twice' })] }, '/nodes/1/type'],
    [
      'with a schema outside the subset',
      { nodes: [nodeOf({ inputs: { value: input } })] },
      '/nodes/0/inputs/value/schema/pattern',
    ],
    [
      'with a field type that nobody knows',
      { nodes: [nodeOf({ outputs: { value: { field_type: 'video', title: 'Video' } } })] },
      '/nodes/0/outputs/value/field_type',
    ],
  ])('%s', async (_, change, pointer) => {
    const response = await runner('POST', `${prefix}/runner/register`, { json: introduction([double], change) });
    expect(response.status).toBe(422);
    expect((await response.json<Problem>()).errors).toMatchObject([{ pointer }]);
    expect(await listed()).toEqual([]);
  });
});

test('one user fills only a part of the room', async () => {
  const many = (from: number) =>
    Array.from({ length: RUNNER_NODES_MAX }, (_, index) => nodeOf({ type: `acme:n${from + index}` }));
  const rounds = USER_UNAPPROVED_NODES_MAX / RUNNER_NODES_MAX;
  for (let round = 0; round < rounds; round++) await register(many(round * RUNNER_NODES_MAX));
  const over = await register(many(rounds * RUNNER_NODES_MAX));
  expect(new Set(over.unapproved.map(({ reason }) => reason))).toEqual(new Set(['too_many']));
  expect((await register(many(0))).unapproved[0]).toMatchObject({ reason: 'pending' });
  const bob = caller(await makeKey({ scopes: ['runner'], user_id: 'bob' }));
  const json = { ...introduction([nodeOf({ type: 'bob:n' })]), runner_id: 'r2' };
  const { unapproved } = await answerOf(bob, `${prefix}/runner/register`, RegisterResult, json);
  expect(unapproved).toMatchObject([{ reason: 'pending' }]);

  const pages: string[] = [];
  let query = '';
  for (let next: string | null = ''; next !== null; query = `?cursor=${next}`) {
    const page = await answerOf(admin, `${CUSTOM}${query}`, CustomNodePage);
    pages.push(...page.nodes.map(({ type }) => type));
    next = page.next_cursor;
  }
  expect([pages.length, new Set(pages).size]).toEqual([USER_UNAPPROVED_NODES_MAX + 1, USER_UNAPPROVED_NODES_MAX + 1]);
});

test('what is never approved is forgotten once no runner announces it; what was approved stays', async () => {
  await approved(nodeOf());
  await register([nodeOf({ type: 'acme:old' }), nodeOf({ type: 'acme:used' })]);
  const age = (type: string, days: number) =>
    env.DB.prepare('UPDATE custom_nodes SET last_announced_at = ?1 WHERE type = ?2').bind(
      Date.now() - days * DAY_MS,
      type,
    );
  await env.DB.batch([age('acme:old', 31), age('acme:used', 31), age('acme:double', 400)]);
  await register([nodeOf({ type: 'acme:used' })]);
  expect((await runScheduled(env, Date.now())).custom_nodes_pruned).toBe(1);
  expect((await listed()).map(({ type }) => type).sort()).toEqual(['acme:double', 'acme:used']);
});

test('only an admin whose key is not bound to queues sees and decides, and it is recorded', async () => {
  const { unapproved } = await register([nodeOf()]);
  const { type, version, digest } = unapproved[0]!;
  const path = `${CUSTOM}/${type}/${version}/approve`;
  const bound = await makeKey({ queue_ids: [prefix.split('/').at(-1)!] });
  const reader = await makeKey({ scopes: ['read', 'enqueue', 'cancel'] });
  for (const key of [runnerKey, reader, bound]) {
    expect((await caller(key)('GET', CUSTOM)).status).toBe(403);
    expect((await caller(key)('PUT', path, { json: { digest } })).status).toBe(403);
  }
  await decide('approve', unapproved[0]!);
  const { entries } = await (await admin('GET', '/api/v1/audit?limit=1')).json<{ entries: object[] }>();
  expect(entries).toMatchObject([
    { operation_id: 'approve_custom_node', path, status: 200, asked: { body: { digest } } },
  ]);
});

test('the items of one graph are shown with one catalogue, so that the graph is prepared once for all of them', async () => {
  await approved(nodeOf());
  const graph = { engine: ENGINE_VERSION, types: { 'acme:double': '1.0.0' }, nodes: [], edges: [] };
  const catalogueOf = await pinnedCatalogues(env, [graph], Date.now());
  expect(Object.keys(catalogueOf(graph).node_types)).toContain('acme:double');
  expect(catalogueOf(graph)).toBe(catalogueOf({ ...graph }));
});
