import { describe, expect, test } from 'vitest';
import { EVENTS } from '../../contract/event/registry.ts';
import { caller } from '../testing/account.ts';

type Json = Record<string, unknown>;
const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  security: unknown[];
  responses: Record<string, { description: string; headers?: Json }>;
}
interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json };
}

const document = async <Type>(path: string): Promise<Type> => {
  const response = await caller(null)('GET', path);
  expect(response.status).toBe(200);
  return response.json();
};

/** Every `$ref` of a document that leads nowhere in it. */
function dangling(root: Json): string[] {
  const references = JSON.stringify(root).matchAll(/"\$ref":"#\/([^"]+)"/g);
  return [...references].flatMap(([, path = '']) => {
    const target = path.split('/').reduce<unknown>((at, token) => (at as Json | undefined)?.[token], root);
    return target === undefined ? [path] : [];
  });
}

const eventSchemas = Object.keys(EVENTS).map(
  (name) => `${name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())}Event`,
);

describe('/openapi.json', () => {
  test('holds every event schema and refers to nothing that is not there', async () => {
    const openapi = await document<OpenApi>('/openapi.json');
    expect(openapi.openapi).toBe('3.1.0');
    expect(dangling(openapi as unknown as Json)).toEqual([]);
    // What such a schema says is that null is never right: the schema that it refers to has no null.
    expect(
      JSON.stringify(openapi).match(/"allOf":\[\{"\$ref":"[^"]+"\},\{"type":\["[a-z]+","null"\]\}\]/g) ?? [],
    ).toEqual([]);
    expect(Object.keys(openapi.components.schemas)).toEqual(expect.arrayContaining(eventSchemas));
    for (const name of eventSchemas)
      expect(openapi.components.schemas[name], name).toMatchObject({ type: 'object', required: expect.any(Array) });
    expect(openapi.components.securitySchemes).toMatchObject({ key: { type: 'http', scheme: 'bearer' } });
  });

  test('describes each operation: one id, its path parameters, who may call it, how it answers', async () => {
    const { paths } = await document<OpenApi>('/openapi.json');
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, operation })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      const declared = (operation.parameters ?? []).filter((each) => each.in === 'path' && each.required);
      expect([path, declared.map((each) => each.name).sort()]).toEqual([path, named]);
      const open = path === '/health' || path.endsWith('.json');
      const ways = path.endsWith('/events') ? ['key', 'ticket'] : ['key'];
      expect([path, operation.security.flatMap((way) => Object.keys(way as object))]).toEqual([path, open ? [] : ways]);
      expect(Object.keys(operation.responses).some((status) => /^[123]/.test(status))).toBe(true);
      if (!open) expect(operation.responses).toMatchObject({ 401: { description: expect.any(String) } });
      for (const [status, { headers }] of Object.entries(operation.responses))
        if (status !== '101')
          expect([path, status, headers]).toEqual([path, status, expect.objectContaining(REQUEST_ID)]);
    }
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/api/v1/queues', '/api/v1/assets/{sha256}', '/api/v1/queue/{queue_id}/enqueue_batch']),
    );
  });

  test('tells how calls are limited and which may be repeated', async () => {
    const { paths } = await document<OpenApi>('/openapi.json');
    const create = paths['/api/v1/keys']?.post;
    const names = ['RateLimit', 'RateLimit-Policy', 'Idempotency-Replayed'];
    expect(create?.responses).toMatchObject({
      201: { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) },
      429: { headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } },
    });
    expect(create?.parameters).toMatchObject([{ name: 'idempotency-key', in: 'header', required: false }]);
    const claim = paths['/api/v1/queue/{queue_id}/runner/claim']?.post;
    expect(Object.keys(claim?.responses ?? {})).not.toContain('429');
  });

  test('is about routes that are there: each refuses a call without a key [A149]', async () => {
    const { paths } = await document<OpenApi>('/openapi.json');
    for (const [path, methods] of Object.entries(paths)) {
      if (path === '/health' || path.endsWith('.json')) continue;
      for (const method of Object.keys(methods)) {
        const response = await caller(null)(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'));
        expect([method, path, response.status]).toEqual([method, path, 401]);
      }
    }
  });
});

test('/asyncapi.json names every message of both sockets, with its schema, and no other [E160]', async () => {
  const asyncapi = await document<{ asyncapi: string; channels: Record<string, { messages: Json }>; components: Json }>(
    '/asyncapi.json',
  );
  expect(asyncapi.asyncapi).toBe('3.0.0');
  expect(dangling(asyncapi as unknown as Json)).toEqual([]);
  expect(Object.keys(asyncapi.channels.queue_events?.messages ?? {}).sort()).toEqual(
    [...Object.keys(EVENTS), 'hello', 'snapshot', 'live', 'acknowledge', 'ack'].sort(),
  );
  expect(Object.keys(asyncapi.channels.runner_socket?.messages ?? {})).toEqual(['order', 'progress', 'model_load']);
});
