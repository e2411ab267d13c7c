import { beforeAll, expect, test } from 'vitest';
import { Catalogue } from '../../contract/graph/catalogue.ts';
import { caller, makeKey, migrateAccount } from '../testing/account.ts';

beforeAll(migrateAccount);

test('the catalogue is what its schema says, for who may read', async () => {
  const response = await caller(await makeKey({ scopes: ['read'] }))('GET', '/api/v1/catalogue');
  expect(response.status).toBe(200);
  const { node_types } = Catalogue.parse(await response.json());
  for (const [type, node] of Object.entries(node_types)) expect(node.type).toBe(type);
  expect(Object.keys(node_types)).toContain('add');
  expect((await caller(await makeKey({ scopes: ['cancel'] }))('GET', '/api/v1/catalogue')).status).toBe(403);
});
