/** Bytes that are removed while somebody sends or names them. */
import { env } from 'cloudflare:workers';
import { isNotNull } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { collectAssets, endGrants, findDueGrants, GRACE_MS } from '../account/asset-lifetime.ts';
import { findAsset, grantToQueue, recordAsset, reserveAsset } from '../account/assets.ts';
import { accountDb } from '../account/database.ts';
import { declareModel, deleteModel, findModel, recordModelBlob, reserveModelBlob } from '../account/models.ts';
import { assets } from '../account/schema.ts';
import { claimDueObjects, forgetObjects, type StrayObject } from '../account/stray-objects.ts';
import { sha256Hex } from '../digest.ts';
import { migrateAccount } from '../testing/account.ts';
import { emptyStores } from '../testing/bucket.ts';
import { inEveryOrder, inOrder, type Step } from '../testing/races.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;
const START = 1_000 * DAY;

// Hundreds of orders on real stores.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(migrateAccount);
beforeEach(emptyStores);

const db = () => accountDb(env);
let numbers = 0;

/** Bytes that no other order of steps has. */
async function freshBytes(): Promise<{ text: string; sha256: string }> {
  const text = `bytes ${numbers++}`;
  return { text, sha256: await sha256Hex(text) };
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
