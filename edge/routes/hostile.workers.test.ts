/** Random and hostile calls to every route of the OpenAPI document: an answer each, never a 500, nothing broken after. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Call, caller, makeKey, migrateAccount } from '../testing/account.ts';
import { HOSTILE_VALUES, sampleOf } from '../testing/schema-sample.ts';

type Schema = Record<string, unknown>;
interface Operation {
  operationId: string;
  parameters?: { name: string; in: 'path' | 'query' | 'header'; schema?: Schema }[];
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

/** A call as fast-check makes it up; `queue_id` is always one that exists, or everything would be 404. */
function callOf(path: string, operation: Operation): fc.Arbitrary<{ url: string; body: string | null; type: string }> {
  const texts = fc.constantFrom(
    ...HOSTILE_TEXTS.filter((text) => text.length < 2_000 && !text.includes('\ud800')),
    '1',
    'b',
    'default',
  );
  const parameters = operation.parameters ?? [];
  const fill = (name: string) => (name === 'queue_id' ? fc.constant('default') : texts);
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inQuery = parameters.filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name);
  const schema = operation.requestBody?.content['application/json']?.schema;
  const json = schema
    ? sampleOf(schema, document.components.schemas).map((value) => JSON.stringify(value) ?? '')
    : null;
  const body = operation.requestBody
    ? fc.oneof(
        { weight: 10, arbitrary: json ?? fc.string() },
        {
          weight: 1,
          arbitrary: fc.constantFrom('', '{', '{"a":1}}', '[', 'null', '"x"', '{"__proto__":{}}', '['.repeat(40_000)),
        },
      )
    : fc.constant(null);
  return fc
    .tuple(
      fc.tuple(...named.map(fill)),
      fc.record(Object.fromEntries(inQuery.map((name) => [name, texts])), { requiredKeys: [] }),
      body,
      fc.constantFrom('application/json', 'application/json', 'application/json', 'text/plain', 'image/png'),
    )
    .map(([values, query, text, type]) => {
      const filled = named.reduce(
        (at, name, index) => at.replace(`{${name}}`, encodeURIComponent(values[index] ?? '')),
        path,
      );
      const search = new URLSearchParams(query as Record<string, string>).toString();
      return { url: search ? `${filled}?${search}` : filled, body: text, type };
    });
}

const RUNS = 25;

describe('every route answers whatever it is sent', () => {
  test('random and hostile calls: no 5xx, and problems are problem documents', async () => {
    for (const { method, path, operation } of operations())
      await fc.assert(
        fc.asyncProperty(callOf(path, operation), fc.boolean(), async ({ url, body, type }, asRunner) => {
          const as = path.includes('/runner/') || asRunner ? call.runner : call.admin;
          const response = await as(method, url, {
            ...(body === null ? {} : { body }),
            headers: body === null ? {} : { 'content-type': type },
          });
          const said = response.webSocket ? '' : await response.text();
          expect(response.status, `${method} ${url}\n${body}\n${said}`).toBeLessThan(500);
          if (response.status >= 400)
            expect(JSON.parse(said), `${method} ${url}`).toMatchObject({
              code: expect.any(String),
              status: response.status,
            });
        }),
        { numRuns: RUNS, seed: 20_260_101, endOnFailure: true },
      );
  }, 120_000);

  test('and the queue works as before', async () => {
    const graph = { nodes: { n: { id: 'n', type: 'integer', value: 1 } }, edges: [] };
    const made = await call.admin('POST', '/api/v1/queue/default/enqueue_graph', { json: { graph } });
    expect(made.status).toBe(201);
    expect((await call.admin('GET', '/api/v1/queue/default/status')).status).toBe(200);
  });
});
