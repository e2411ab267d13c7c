import { beforeAll, describe, expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { graphSchema } from '../../graph/catalogue/schema.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import { caller, makeKey, migrateAccount } from '../testing/account.ts';

beforeAll(migrateAccount);

test('the catalogue is what its schema says', async () => {
  const response = await caller(await makeKey({ scopes: ['read'] }))('GET', '/api/v1/catalogue');
  expect(response.status).toBe(200);
  const { node_types } = Catalogue.parse(await response.json());
  for (const [type, node] of Object.entries(node_types)) expect(node.type).toBe(type);
  expect(Object.keys(node_types)).toContain('add');
});

test('the JSON Schema of workflow files is made from the same catalogue', async () => {
  const response = await caller(await makeKey({ scopes: ['runner'] }))('GET', '/api/v1/catalogue/schema');
  expect(response.headers.get('content-type')).toBe('application/schema+json');
  expect(await response.json()).toEqual(graphSchema(BUILTIN_CATALOGUE));
});

describe.each(['/api/v1/catalogue', '/api/v1/catalogue/schema'])('%s', (path) => {
  test('is for whoever may read', async () => {
    expect((await caller(await makeKey({ scopes: ['cancel'] }))('GET', path)).status).toBe(403);
  });

  test('is sent again only when it has changed', async () => {
    const call = caller(await makeKey({ scopes: ['read'] }));
    const first = await call('GET', path);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    await first.body?.cancel();

    const again = await call('GET', path, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    const other = await call('GET', path, { headers: { 'if-none-match': `"${'0'.repeat(64)}"` } });
    expect(other.status).toBe(200);
    await other.body?.cancel();
  });
});
