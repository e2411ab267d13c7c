/** Random and hostile calls to every route of the OpenAPI document: an answer each, never a 500, nothing broken after. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { encodeCursor } from '../cursor.ts';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { putAsset } from '../testing/assets.ts';
import { brokenOf, HOSTILE_VALUES, sampleOf } from '../testing/schema-sample.ts';

type Schema = Record<string, unknown>;
interface Operation {
  operationId: string;
  parameters?: { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

let document: Document;
const call = {} as { admin: Call; runner: Call };
beforeAll(async () => {
  await migrateAccount();
  call.admin = caller(await makeKey());
  call.runner = caller(await makeKey({ scopes: ['runner', 'read'] }));
  document = await (await caller(null)('GET', '/openapi.json')).json();
});

/** Would end the queue or the keys that the other calls need. */
const ENDS_THE_TEST = new Set(['delete_queue', 'revoke_key', 'rotate_key']);
const HOSTILE_TEXTS = HOSTILE_VALUES.filter((value) => typeof value === 'string' || typeof value === 'number').map(
  String,
);

function operations(): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => !ENDS_THE_TEST.has(operation.operationId))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

const PREFIX = '/api/v1/queue/default';
const GRAPH = { nodes: { n: { id: 'n', type: 'integer', value: 1 } }, edges: [] };
/** The bytes of an asset and of a model's file, and their digest. */
const BYTES = 'abc';
const SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const PREVIEW = 'RIFF....WEBP';
const FILE = { path: 'm', sha256: SHA256, size: BYTES.length };
const OWN_NODE = {
  ...{ type: 'own:node', version: '1.0.0', title: 'Own', category: 'test', deterministic: true },
  ...{ inputs: {}, output_type: 'own_output', outputs: { value: { field_type: 'integer', title: 'Value' } } },
};
const ABILITIES = { types: { integer: '1.0.0', 'own:node': '1.0.0' }, nodes: [OWN_NODE] };
const RUNNER = {
  protocol: PROTOCOL_VERSION,
  runner_id: 'r',
  name: 'r',
  engine: ENGINE_VERSION,
  ...ABILITIES,
  devices: [{ id: 'cpu:0' }],
};

/** What a path may name, made anew for each operation, since the one before may have ended it. */
async function thingsThatAre(): Promise<Record<string, string>> {
  const settings = { max_queue_size: 1_000, max_user_pending: null, max_storage_bytes: 8_000_000_000 };
  await call.admin('PATCH', '/api/v1/queues/default', { json: settings });
  const [other, item] = [
    await call.admin('POST', `${PREFIX}/enqueue_graph`, { json: { graph: GRAPH, destination: 'd' } }),
    await call.admin('POST', `${PREFIX}/enqueue_graph`, { json: { graph: GRAPH, destination: 'd' } }),
  ];
  await putAsset(call.admin, BYTES);
  await putAsset(call.runner, BYTES, { path: `/api/v1/assets/${SHA256}?queue_id=default` });
  await call.admin('POST', '/api/v1/models', { json: { key: 'm', type: 'onnx', files: [FILE] } });
  const file = `/api/v1/models/m/files/${SHA256}`;
  const headers = { 'content-length': String(BYTES.length), 'content-type': 'application/octet-stream' };
  await call.admin('PUT', file, { body: BYTES, headers });
  const upload = await call.admin('POST', `${file}/uploads`);
  const registered = await call.runner('POST', `${PREFIX}/runner/register`, { json: RUNNER });
  const announced = await call.admin('GET', '/api/v1/catalogue/custom');
  return {
    type: OWN_NODE.type,
    version: OWN_NODE.version,
    digest: (await announced.json<{ nodes: { digest: string }[] }>()).nodes.at(-1)?.digest ?? '',
    queue_id: 'default',
    item_id: String((await item.json<{ item_id: number }>()).item_id),
    other_item_id: String((await other.json<{ item_id: number }>()).item_id),
    sha256: SHA256,
    key: 'm',
    upload_id: (await upload.json<{ upload_id: string }>()).upload_id,
    part_number: '1',
    batch_id: 'b',
    destination: 'd',
    runner_id: 'r',
    epoch: String((await registered.json<{ epoch: number }>()).epoch),
    after: '0',
    cursor: encodeCursor(0),
    wait: '1',
  };
}

/** Bodies that fit, for the operations that samples of a schema alone never come far in. */
const bodiesThatFit = ({ other_item_id, epoch, digest }: Record<string, string>): Record<string, unknown> => ({
  create_queue: { queue_id: 'made', settings: { max_queue_size: 5 } },
  update_queue: { max_attempts: 4 },
  create_key: { name: 'a', scopes: ['read'], user_id: 'ann', rate_limit: { requests: 5, seconds: 5 }, lane: 1 },
  create_model: { key: 'made', type: 'onnx', files: [FILE, { path: 'folder/n', sha256: 'c'.repeat(64), size: 9 }] },
  enqueue_batch: {
    batch: {
      graph: GRAPH,
      data: [[{ node_path: 'n', field_name: 'value', items: [1, 2] }]],
      runs: 2,
      workflow: { name: 'w' },
      deadline: '2040-01-01T00:00:00.000Z',
    },
    prepend: true,
  },
  enqueue_graph: { graph: GRAPH, origin: 'o', start_after: '2030-01-01T00:00:00.000Z', max_run_seconds: 9 },
  set_item_priority: { priority: 5 },
  move_item: { before: Number(other_item_id) },
  complete_model_upload: { parts: [{ part_number: 1, etag: 'e' }] },
  register_runner: RUNNER,
  update_runner_types: { runner_id: 'r', epoch: Number(epoch), ...ABILITIES },
  approve_custom_node: { digest },
  reject_custom_node: { digest },
  claim_items: { runner_id: 'r', epoch: Number(epoch), claim: 1, max_items: 2, batches: [], models: [] },
  heartbeat: { runner_id: 'r', epoch: Number(epoch), claim: 1, held: [], draining: false },
  post_callbacks: { runner_id: 'r', epoch: Number(epoch), entries: [] },
});

/** Now and then left out though it is required, and most of the time when it is not. */
const parameterOf = (required: boolean, value: fc.Arbitrary<string | undefined>) => {
  const [given, left_out] = required ? [9, 1] : [1, 3];
  return fc.oneof({ weight: given, arbitrary: value }, { weight: left_out, arbitrary: fc.constant(undefined) });
};

/** A call as fast-check makes it up, most of the time about `things` that are there. */
function callOf(
  path: string,
  operation: Operation,
  things: Record<string, string>,
): fc.Arbitrary<{ url: string; body: string | null; type: string }> {
  const texts = fc.constantFrom(
    ...HOSTILE_TEXTS.filter((text) => text.length < 2_000 && !text.includes('\ud800')),
    '1',
    'b',
    'default',
  );
  const parameters = operation.parameters ?? [];
  const fill = (name: string) => {
    const there = fc.constant(things[name]);
    return name === 'queue_id' ? there : fc.oneof({ weight: 3, arbitrary: there }, { weight: 1, arbitrary: texts });
  };
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inQuery = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, required = false, schema = {} }) => {
      const sample = sampleOf(schema, document.components.schemas).map((value) => `${value}`);
      const fitting = name in things ? fc.constant(things[name]) : sample;
      const value = fc.oneof({ weight: 4, arbitrary: fitting }, { weight: 1, arbitrary: texts });
      return [name, parameterOf(required, value)] as const;
    });
  const json_body = operation.requestBody?.content['application/json']?.schema;
  // Bytes, of which JSON is one type.
  const schema = json_body?.format === 'binary' ? undefined : json_body;
  const fitting = bodiesThatFit(things)[operation.operationId];
  const sample = schema && sampleOf(schema, document.components.schemas);
  const documents = sample && (fitting === undefined ? sample : fc.oneof(sample, brokenOf(fitting)));
  const json = documents?.map((value) => JSON.stringify(value) ?? '');
  const types = schema ? ['application/json'] : ['image/png', 'application/octet-stream', 'image/webp'];
  const bytes = operation.operationId === 'put_asset_preview' ? PREVIEW : BYTES;
  const body = operation.requestBody
    ? fc.oneof(
        { weight: 10, arbitrary: json ?? fc.constantFrom(...Array(7).fill(bytes), 'abd', '', 'x'.repeat(5_000)) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('', '{', '{"a":1}}', '[', 'null', '"x"', '{"__proto__":{}}', '['.repeat(40_000)),
        },
      )
    : fc.constant(null);
  return fc
    .tuple(
      fc.tuple(...named.map(fill)),
      fc.record(Object.fromEntries(inQuery)),
      body,
      fc.constantFrom(...types, ...types, ...types, 'application/json', 'text/plain'),
    )
    .map(([values, query, text, type]) => {
      const filled = named.reduce(
        (at, name, index) => at.replace(`{${name}}`, encodeURIComponent(values[index] ?? '')),
        path,
      );
      const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const search = new URLSearchParams(given).toString();
      return { url: search ? `${filled}?${search}` : filled, body: text, type };
    });
}

const RUNS = 25;
const lengthOf = (text: string) => String(new TextEncoder().encode(text).length);

/** What was answered; a socket is closed. */
async function saidBy(response: Response): Promise<string> {
  response.webSocket?.accept();
  response.webSocket?.close(1000);
  // Some answers are images, of which the runtime would warn.
  return response.webSocket ? '' : new TextDecoder().decode(await response.arrayBuffer());
}

describe('every route answers whatever it is sent', () => {
  test('random and hostile calls: no 5xx, and problems are problem documents', async () => {
    const reached = new Set<string>();
    for (const { method, path, operation } of operations())
      await fc.assert(
        fc.asyncProperty(
          callOf(path, operation, await thingsThatAre()),
          fc.boolean(),
          async ({ url, body, type }, asRunner) => {
            const as = path.includes('/runner/') || asRunner ? call.runner : call.admin;
            const response = await as(method, url, {
              ...(body === null ? {} : { body }),
              headers: {
                ...(body === null ? {} : { 'content-type': type, 'content-length': lengthOf(body) }),
                ...(/\/(events|socket)$/.test(path) ? { upgrade: 'websocket' } : {}),
              },
            });
            const said = await saidBy(response);
            expect(response.status, `${method} ${url}\n${body}\n${said}`).toBeLessThan(500);
            if (response.status < 400) reached.add(operation.operationId);
            else
              expect(JSON.parse(said), `${method} ${url}`).toMatchObject({
                code: expect.any(String),
                status: response.status,
              });
          },
        ),
        { numRuns: RUNS, seed: 20_260_101, endOnFailure: true },
      );
    // Calls that never come past the door show nothing of what lies behind it.
    const unreached = operations().filter(({ operation }) => !reached.has(operation.operationId));
    expect(unreached.map(({ operation }) => operation.operationId)).toEqual([]);
  }, 120_000);

  test('and the queue works as before', async () => {
    await thingsThatAre();
    const made = await call.admin('POST', `${PREFIX}/enqueue_graph`, { json: { graph: GRAPH } });
    expect(made.status).toBe(201);
    expect((await call.admin('GET', `${PREFIX}/status`)).status).toBe(200);
  });
});
