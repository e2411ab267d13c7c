import { describe, expect, test } from 'vitest';
import type { Principal } from '../../contract/store/key.ts';
import { covers, mayActAs } from './key-making.ts';

const admin = (queue_ids: string[] | null): Principal => ({
  key_id: 'k',
  user_id: 'lead',
  scopes: ['admin'],
  queue_ids,
  lane: 0,
});

describe('an admin', () => {
  test.each([
    [null, null, true],
    [null, ['a'], true],
    [['a'], null, false],
    [['a'], ['a'], true],
    [['a', 'b'], ['b'], true],
    [['a'], ['a', 'b'], false],
    [['a'], [], true],
  ])('bound to %j covers %j: %j', (own, queue_ids, expected) => {
    expect(covers(admin(own), queue_ids)).toBe(expected);
  });

  test.each([
    ['that is unbound may act as anybody', null, 'ann', [null], true],
    ['may act as itself', ['a'], 'lead', [null], true],
    ['may act as who works in its queues alone', ['a', 'b'], 'ann', [['a'], ['b']], true],
    ['may act as somebody new', ['a'], 'new', [], true],
    ['may not act as who works elsewhere too', ['a'], 'ann', [['a'], ['b']], false],
    ['may not act as who works everywhere', ['a'], 'ann', [['a'], null], false],
    ['may not act as the system, even where nobody did', ['a'], 'system', [], false],
  ])('%s', (_, own, user_id, bindings, expected) => {
    expect(mayActAs(admin(own), user_id, bindings)).toBe(expected);
  });
});
