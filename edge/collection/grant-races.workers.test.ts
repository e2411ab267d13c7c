/** A queue’s hold on an asset, while its last row goes, a new one comes, and somebody asks. */
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { confirmGrants, type DueGrant, endGrants, findDueGrants, releaseAssets } from '../account/asset-lifetime.ts';
import { grantToQueue } from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { assetGrants, assets } from '../account/schema.ts';
import { migrateAccount } from '../testing/account.ts';
import { emptyStores } from '../testing/bucket.ts';
import { inEveryOrder, inOrder, type Step } from '../testing/races.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const START = 1_000 * DAY;

// Hundreds of orders on real stores.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(migrateAccount);
beforeEach(emptyStores);

const db = () => accountDb(env);

/** A queue that is asked, as its object would be; one row of it refers to the asset. */
async function heldByQueue(due: 'confirmed' | 'due') {
  const sha256 = 'a'.repeat(64);
  const object_key = `assets/${sha256}/1`;
  await env.BUCKET.put(object_key, 'bytes');
  await db().insert(assets).values({ sha256, object_key, content_type: 'text/plain', size: 5, created_at: 0 });
  const queue_id = 'q';
  const rows = new Set(['old']);
  const hold = (now: number) => grantToQueue(db(), [sha256], { queue_id, user_id: 'ann', retention_ms: 0 }, now);
  await hold(START - 2 * DAY);
  const dueAt = (now: number) => findDueGrants(db(), 'queue', now, 1_000);
  if (due === 'confirmed') await confirmGrants(db(), await dueAt(START), START);
  /** What asks the queue, step by step as queue-grants.ts does it. */
  const settling = (now: number): Step[] => {
    let grants: DueGrant[] = [];
    let refers = false;
    return [
      async () => {
        grants = await dueAt(now);
      },
      async () => {
        refers = rows.size > 0;
      },
      () => (refers ? confirmGrants(db(), grants, now) : endGrants(db(), grants, now)),
    ];
  };
  let released = false;
  const removing: Step[] = [
    async () => {
      rows.delete('old');
      released = rows.size === 0;
    },
    async () => released && (await releaseAssets(db(), queue_id, [sha256], START)),
  ];
  const enqueuing: Step[] = [() => hold(START), async () => rows.add('new')];
  const isHeld = async () => (await db().select().from(assetGrants)).length === 1;
  return { rows, settling, removing, enqueuing, isHeld };
}

describe.each(['confirmed', 'due'] as const)('a queue’s grant that is %s', (due) => {
  test('[R31] outlives a release that crosses a new reference, and the question that crosses both', async () => {
    const orders = await inEveryOrder(async () => {
      const { settling, removing, enqueuing, isHeld } = await heldByQueue(due);
      return {
        actors: [removing, enqueuing, settling(START + 2 * HOUR)],
        check: async () => {
          expect(await isHeld()).toBe(true);
          await inOrder(settling(START + 2 * DAY));
          expect(await isHeld()).toBe(true);
        },
      };
    });
    expect(orders).toBe(210);
  });

  test('ends once nothing refers to the asset, whenever that is told, and how often', async () => {
    await inEveryOrder(async () => {
      const { settling, removing, isHeld } = await heldByQueue(due);
      const again = removing[1]!;
      return {
        actors: [[...removing, again], settling(START + 2 * HOUR)],
        check: async () => {
          await inOrder(settling(START + 2 * DAY));
          expect(await isHeld()).toBe(false);
        },
      };
    });
  });
});
