import { expect, test } from 'vitest';
import { KEY_TICKETS_MAX } from '../../contract/limits.ts';
import { person, QueueFixture, RefusedError } from '../../test/support/queue-fixture.ts';

test('one key takes only so many tickets, and leaves the rest to others', async () => {
  const fixture = await QueueFixture.open();
  const take = (of: number, user: string) => fixture.command('issue_ticket', `${user} ${of}`, person(user));
  for (let of = 0; of < KEY_TICKETS_MAX; of++) take(of, 'ann');
  expect(() => take(KEY_TICKETS_MAX, 'ann')).toThrow(RefusedError);
  expect(take(0, 'bob')).toBeGreaterThan(fixture.now);
  fixture.command('redeem_ticket', 'ann 0');
  expect(take(KEY_TICKETS_MAX, 'ann')).toBeGreaterThan(fixture.now);
  expect(() => take(0, 'ann')).toThrow(RefusedError);
  fixture.now += 61_000;
  expect(take(0, 'ann')).toBeGreaterThan(fixture.now);
});
