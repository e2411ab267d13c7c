import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ASSET_PREVIEW_BYTES_MAX, SELF_PREVIEW_BYTES_MAX } from '../../contract/limits.ts';
import type { Invocation } from '../../graph/session/step.ts';
import { encodeAssetPreview, needsPreview } from './asset-preview.ts';
import type { FromDevice } from './messages.ts';
import { Previews } from './previews.ts';

/** Noise has no small form: the worst that can come. */
async function png(width: number, height: number, channels: 3 | 4 = 3): Promise<Uint8Array> {
  const noise = Buffer.alloc(width * height * channels);
  for (let at = 0, state = 1; at < noise.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[at] = state >>> 24;
  }
  return sharp(noise, { raw: { width, height, channels } }).png().toBuffer();
}

describe('the preview of an image', () => {
  test.each([
    [1024, 512, [256, 128]],
    [300, 600, [128, 256]],
    [2000, 2, [256, 1]],
  ])('of %i × %i', async (width, height, size) => {
    const bytes = (await encodeAssetPreview(await png(width, height))) ?? new Uint8Array();
    const found = await sharp(bytes).metadata();
    expect([found.format, [found.width, found.height]]).toEqual(['webp', size]);
    expect(bytes.length).toBeLessThanOrEqual(ASSET_PREVIEW_BYTES_MAX);
  });

  test('keeps what is transparent', async () => {
    const bytes = (await encodeAssetPreview(await png(512, 512, 4))) ?? new Uint8Array();
    expect((await sharp(bytes).metadata()).hasAlpha).toBe(true);
  });

  test('is not made of what is small, and of a small image that takes many bytes it is', async () => {
    expect(needsPreview(await png(256, 256))).toBe(false);
    expect(needsPreview(await png(257, 1))).toBe(true);
    const many = await png(256, 256, 4);
    expect(many.length).toBeGreaterThan(SELF_PREVIEW_BYTES_MAX);
    expect(needsPreview(many)).toBe(true);
    expect(await encodeAssetPreview(many)).not.toBeNull();
    const jpeg = await sharp(await png(100, 100))
      .jpeg()
      .toBuffer();
    expect([needsPreview(jpeg), await encodeAssetPreview(jpeg)]).toEqual([true, null]);
  });
});

describe('previews of a session', () => {
  const node = (is_intermediate = false) =>
    ({ node: { id: 'n', type: 'n', is_intermediate } }) as unknown as Invocation;
  const showing = (...names: string[]) => ({ collection: names.map((image_name) => ({ image_name })) });

  /** Previews of a device that stored these, what they said, and a way to wait for as many messages. */
  function made(stored: Record<string, Uint8Array>, content_type = 'image/png') {
    const said: FromDevice[] = [];
    let wake = () => {};
    const previews = new Previews({
      durableOutputs: () => ['collection', 'value', 'list', 'none'],
      written: (name) => (stored[name] ? { content_type, bytes: stored[name] } : undefined),
      post(message) {
        said.push(message);
        wake();
      },
    });
    const until = async (count: number) => {
      while (said.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    };
    return { previews, said, until };
  }

  test('are of what it shows and made itself, once each, announced before they are made', async () => {
    const large = await png(300, 300);
    const { previews, said, until } = made({ a: large, small: await png(10, 10) });
    for (let time = 0; time < 2; time++)
      previews.after_node({ invocation: node(), output: showing('a', 'small', 'of others') });
    expect(said).toEqual([{ kind: 'preview_begun', asset_name: 'a' }]);
    await until(2);
    expect(said[1]).toEqual({
      ...{ kind: 'preview', asset_name: 'a', content_type: 'image/webp' },
      bytes: await encodeAssetPreview(large),
    });
  });

  test('are not of what only leads to a result, until something shows it; nor of what is no image', async () => {
    const large = await png(300, 300);
    const { previews, said } = made({ a: large });
    previews.after_node({ invocation: node(true), output: showing('a') });
    expect(said).toEqual([]);
    previews.after_node({ invocation: node(), output: { ...showing('a'), value: 1, list: [1, 2], none: null } });
    expect(said).toHaveLength(1);
    const live: Record<string, unknown> = {};
    Object.assign(live, { left: live, right: live });
    previews.after_node({ invocation: node(), output: { live } });
    const files = made({ a: large }, 'application/octet-stream');
    files.previews.after_node({ invocation: node(), output: showing('a') });
    expect(files.said).toEqual([]);
  });

  test('of bytes that are no image there is none, and the next one comes', async () => {
    const { previews, said, until } = made({ broken: new Uint8Array(100), a: await png(300, 300) });
    previews.after_node({ invocation: node(), output: showing('broken', 'a') });
    await until(4);
    const ends = said.flatMap((each) => (each.kind === 'preview' ? [[each.asset_name, each.bytes !== null]] : []));
    expect(ends).toEqual([
      ['broken', false],
      ['a', true],
    ]);
  });
});
