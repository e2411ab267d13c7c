import { beforeAll, describe, expect, test } from 'vitest';
import { type Call, caller, makeKey, migrateAccount } from './testing/account.ts';

let admin: Call;
beforeAll(async () => {
  await migrateAccount();
  admin = caller(await makeKey());
});

const EVENTS = '/api/v1/queue/default/events';

describe('a query is refused, and the parameter named', () => {
  test.each([
    ['/api/v1/queues?limit=5', '?limit', 'unknown_field'],
    ['/api/v1/keys?key_id=a', '?key_id', 'unknown_field'],
    ['/health?verbose', '?verbose', 'unknown_field'],
    [`${EVENTS}?afer=5`, '?afer', 'unknown_field'],
    [`${EVENTS}?__proto__=5`, '?__proto__', 'unknown_field'],
    [`${EVENTS}?constructor=5`, '?constructor', 'unknown_field'],
    [`${EVENTS}?after=`, '?after', 'invalid_type'],
    [`${EVENTS}?after`, '?after', 'invalid_type'],
    [`${EVENTS}?after=%205`, '?after', 'invalid_type'],
    [`${EVENTS}?after=0x10`, '?after', 'invalid_type'],
    [`${EVENTS}?after=1e3`, '?after', 'invalid_type'],
    [`${EVENTS}?after=five`, '?after', 'invalid_type'],
    [`${EVENTS}?after=Infinity`, '?after', 'invalid_type'],
    [`${EVENTS}?after=1.5`, '?after', 'invalid_type'],
    [`${EVENTS}?after=1&after=2`, '?after', 'invalid_type'],
    [`${EVENTS}?after=-1`, '?after', 'invalid_value'],
    [`${EVENTS}?batch_id=`, '?batch_id', 'invalid_value'],
    ['/api/v1/audit?limit=', '?limit', 'invalid_type'],
  ])('%s', async (path, pointer, code) => {
    const response = await admin('GET', path);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'validation_failed',
      errors: expect.arrayContaining([expect.objectContaining({ pointer, code })]),
    });
  });

  test('every one of them', async () => {
    const response = await admin('GET', '/api/v1/audit?limit=&curser=x&limits=3');
    const { errors } = await response.json<{ errors: { pointer: string }[] }>();
    expect(errors.map((each) => each.pointer).sort()).toEqual(['?curser', '?limit', '?limits']);
  });

  test('before anything is changed', async () => {
    expect((await admin('POST', '/api/v1/queues?dry_run=true', { json: { queue_id: 'dry' } })).status).toBe(422);
    expect((await admin('GET', '/api/v1/queues/dry')).status).toBe(404);
  });
});

test.each(['0x10', '1e1', '%201', 'one'])('a number of a path is written in digits, not as %s', async (item_id) => {
  expect((await admin('GET', `/api/v1/queue/default/i/${item_id}`)).status).toBe(404);
});

test('a query that fits is taken', async () => {
  expect((await admin('GET', '/api/v1/audit?limit=5')).status).toBe(200);
});
