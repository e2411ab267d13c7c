/** Calls that overtake one another: every order of their steps, on the real stores. */
import { env } from 'cloudflare:workers';
import { isNotNull } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  collectAssets,
  confirmGrants,
  type DueGrant,
  endGrants,
  findDueGrants,
  GRACE_MS,
  releaseAssets,
} from '../account/asset-lifetime.ts';
import { findAsset, grantToQueue, recordAsset, reserveAsset } from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { declareModel, deleteModel, findModel, recordModelBlob, reserveModelBlob } from '../account/models.ts';
import { assetGrants, assets } from '../account/schema.ts';
import { claimDueObjects, forgetObjects, type StrayObject } from '../account/stray-objects.ts';
import { sha256Hex } from '../digest.ts';
import { migrateAccount } from '../testing/account.ts';
import { emptyStores, misnamedObjects } from '../testing/bucket.ts';
import { interleavings } from '../testing/interleavings.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;
const START = 1_000 * DAY;

// Hundreds of orders on real stores.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(migrateAccount);
beforeEach(emptyStores);

type Step = () => Promise<unknown>;
const db = () => accountDb(env);
let numbers = 0;

/** Bytes that no other order of steps has. */
async function freshBytes(): Promise<{ text: string; sha256: string }> {
  const text = `bytes ${numbers++}`;
  return { text, sha256: await sha256Hex(text) };
}

/** Runs the actors that `make` returns once in every order; it makes new ones for each, and what to check after. */
async function inEveryOrder(make: () => Promise<{ actors: Step[][]; check: Step }>): Promise<number> {
  const { actors, check } = await make();
  const orders = interleavings(actors.map((steps, actor) => steps.map((_, at) => [actor, at] as const)));
  for (const [index, order] of orders.entries()) {
    const run = index === 0 ? { actors, check } : await make();
    for (const [actor, at] of order) await run.actors[actor]?.[at]?.();
    try {
      await run.check();
      expect(await misnamedObjects()).toEqual({ unnamed: [], missing: [] });
    } catch (error) {
      throw new Error(`in the order ${JSON.stringify(order)}`, { cause: error });
    }
    await emptyStores();
  }
  return orders.length;
}

/** What removes objects, step by step as edge/store/removal.ts does it. */
function removal(now: number): Step[] {
  let claimed: StrayObject[] = [];
  const keys = () => claimed.map((object) => object.object_key);
  return [
    async () => {
      claimed = await claimDueObjects(db(), now, 1_000);
    },
    () => env.BUCKET.delete(keys()),
    () => forgetObjects(db(), keys()),
  ];
}

const holder = { kind: 'user', id: 'ann' } as const;

/** An upload, step by step as edge/routes/assets.ts does it. */
function upload({ text, sha256 }: { text: string; sha256: string }, object_key: string, now: number, end = now) {
  let own: string | null = null;
  const asset = { asset_name: sha256, content_type: 'text/plain' as const, size: text.length };
  const result: { recorded: Awaited<ReturnType<typeof recordAsset>> } = { recorded: null };
  const steps: Step[] = [
    async () => {
      own = (await reserveAsset(db(), sha256, object_key, now)) ? object_key : null;
    },
    async () => own && (await env.BUCKET.put(own, text, { sha256 })),
    async () => {
      result.recorded = await recordAsset(db(), { ...asset, object_key: own }, holder, MONTH, end);
    },
  ];
  return { steps, result };
}

const inOrder = async (steps: readonly Step[]) => {
  for (const step of steps) await step();
};

/** An asset that nobody holds since `GRACE_MS` before `now`. */
async function unheldAsset(now: number): Promise<{ text: string; sha256: string }> {
  const bytes = await freshBytes();
  await inOrder(upload(bytes, `assets/${bytes.sha256}/first`, now - GRACE_MS - MONTH).steps);
  await endGrants(db(), await findDueGrants(db(), 'user', now - GRACE_MS, 1_000), now - GRACE_MS);
  return bytes;
}

const storedText = async (sha256: string): Promise<string | null> => {
  const asset = await findAsset(db(), sha256);
  if (!asset) return null;
  const object = await env.BUCKET.get(asset.object_key);
  if (!object) throw new Error('the row names an object that is not there');
  return object.text();
};

describe('bytes that are collected while', () => {
  test('[R30] they are sent again are there afterwards', async () => {
    const orders = await inEveryOrder(async () => {
      const bytes = await unheldAsset(START);
      const { steps, result } = upload(bytes, `assets/${bytes.sha256}/again`, START);
      return {
        actors: [[() => collectAssets(db(), START, 1_000), ...removal(START)], steps],
        check: async () => {
          expect(result.recorded).not.toBeNull();
          expect(await storedText(bytes.sha256)).toBe(bytes.text);
          // Nothing that comes later takes them: somebody holds them.
          await collectAssets(db(), START + 2 * GRACE_MS, 1_000);
          await inOrder(removal(START + 2 * GRACE_MS));
          expect(await storedText(bytes.sha256)).toBe(bytes.text);
        },
      };
    });
    expect(orders).toBe(35);
  });

  test('[R30] their upload ends a day late are there, or it is told that they are not', async () => {
    const late = START + DAY + HOUR;
    const orders = await inEveryOrder(async () => {
      const bytes = await freshBytes();
      const { steps, result } = upload(bytes, `assets/${bytes.sha256}/slow`, START, late);
      await inOrder(steps.slice(0, 2));
      return {
        actors: [removal(late), steps.slice(2)],
        check: async () => expect(await storedText(bytes.sha256)).toBe(result.recorded && bytes.text),
      };
    });
    expect(orders).toBe(4);
  });

  test('[R31] a batch names them are there, or the batch is told that they are not', async () => {
    const orders = await inEveryOrder(async () => {
      const { text, sha256 } = await unheldAsset(START);
      let held: string[] = [];
      const use = async () => {
        held = await grantToQueue(db(), [sha256], { queue_id: 'q', user_id: 'ann', retention_ms: MONTH }, START);
      };
      return {
        actors: [[() => collectAssets(db(), START, 1_000), ...removal(START)], [use]],
        check: async () => {
          expect(await storedText(sha256)).toBe(held.includes(sha256) ? text : null);
          // What is held has its whole grace period before it, whenever that begins.
          expect(await db().select().from(assets).where(isNotNull(assets.unheld_at))).toEqual([]);
        },
      };
    });
    expect(orders).toBe(5);
  });
});

test('[R30] bytes that two send at once are there once', async () => {
  const orders = await inEveryOrder(async () => {
    const bytes = await freshBytes();
    const [one, two] = ['one', 'two'].map((id) => upload(bytes, `assets/${bytes.sha256}/${id}`, START));
    return {
      actors: [one!.steps, two!.steps],
      check: async () => {
        expect([one!.result.recorded, two!.result.recorded]).not.toContain(null);
        await inOrder(removal(START + 2 * DAY));
        expect(await storedText(bytes.sha256)).toBe(bytes.text);
        expect((await env.BUCKET.list()).objects).toHaveLength(1);
      },
    };
  });
  expect(orders).toBe(20);
});

/** A queue that is asked, as its object would be; one row of it refers to the asset. */
async function heldByQueue(due: 'confirmed' | 'due') {
  const bytes = await freshBytes();
  const { sha256 } = bytes;
  await inOrder(upload(bytes, `assets/${sha256}/first`, START - MONTH - DAY).steps);
  const queue_id = `queue-${sha256.slice(0, 8)}`;
  const rows = new Set(['old']);
  const hold = (now: number) => grantToQueue(db(), [sha256], { queue_id, user_id: 'ann', retention_ms: 0 }, now);
  await hold(START - 2 * DAY);
  const own = async (now: number): Promise<DueGrant[]> =>
    (await findDueGrants(db(), 'queue', now, 1_000)).filter((grant) => grant.sha256 === sha256);
  if (due === 'confirmed') await confirmGrants(db(), await own(START), START);
  /** What asks the queue, step by step as queue-grants.ts does it. */
  const settling = (now: number): Step[] => {
    let grants: DueGrant[] = [];
    let refers = false;
    return [
      async () => {
        grants = await own(now);
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
  const isHeld = async () =>
    (await db().select().from(assetGrants)).some((grant) => grant.sha256 === sha256 && grant.holder === queue_id);
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

test('[R30] a model that is removed while its file is sent anew is whole, or known to lack it', async () => {
  const orders = await inEveryOrder(async () => {
    const { text, sha256 } = await freshBytes();
    const body = {
      key: `model-${sha256}`,
      type: 'onnx' as const,
      base: 'any',
      files: [{ path: 'm', sha256, size: 9 }],
    };
    const send = (id: string): Step[] => {
      let own: string | null = null;
      return [
        async () => {
          own = (await reserveModelBlob(db(), sha256, `models/${sha256}/${id}`, START))
            ? `models/${sha256}/${id}`
            : null;
        },
        async () => own && (await env.BUCKET.put(own, text, { sha256 })),
        () => recordModelBlob(db(), sha256, own, START),
      ];
    };
    const declare = () => declareModel(db(), body, START);
    await inOrder([declare, ...send('first')]);
    return {
      actors: [
        [() => deleteModel(db(), body.key, undefined, START), ...removal(START)],
        [declare, ...send('again')],
      ],
      check: async () => {
        const model = await findModel(db(), body.key);
        // What is ready has its bytes: misnamedObjects() sees to that.
        if (model?.status === 'uploading') {
          await inOrder(send('once more'));
          expect((await findModel(db(), body.key))?.status).toBe('ready');
        }
        await inOrder(removal(START + 2 * DAY));
        expect((await env.BUCKET.list()).objects).toHaveLength(model ? 1 : 0);
      },
    };
  });
  expect(orders).toBe(70);
});
