import { describe, expect, test } from 'vitest';
import { InvocationCache, type KeptOutput } from './invocation-cache.ts';

const output = (durable: Record<string, unknown> = {}, bytes = 1): KeptOutput => ({
  ...{ durable, live: {}, assets: [], seconds: 1, bytes },
});
const has = (cache: InvocationCache, ...names: string[]) => names.map((name) => cache.get(name) !== undefined);

describe('the invocation cache of a device', () => {
  test('[K162] of size 0 keeps nothing and counts nothing', () => {
    const cache = new InvocationCache(0);
    cache.save('a', output());
    expect(has(cache, 'a')).toEqual([false]);
    expect(cache.status).toEqual({ size: 0, hits: 0, misses: 0, enabled: false, max_size: 0 });
  });

  test('[K164] counts what it finds and what it misses', () => {
    const cache = new InvocationCache(10);
    cache.save('a', output());
    expect(has(cache, 'a', 'b', 'a', 'c', 'a')).toEqual([true, false, true, false, true]);
    expect(cache.status).toMatchObject({ hits: 3, misses: 2 });
  });

  test('[K165] of two entries forgets the one that was used longest ago', () => {
    const cache = new InvocationCache(2);
    for (const name of ['a', 'b', 'c']) cache.save(name, output());
    expect(has(cache, 'a', 'b', 'c')).toEqual([false, true, true]);
    cache.get('b');
    cache.save('d', output());
    expect(has(cache, 'b', 'c', 'd')).toEqual([true, false, true]);
    expect(cache.status.size).toBe(2);
  });

  test('[K165] keeps what it has under a name', () => {
    const cache = new InvocationCache(2);
    cache.save('a', output({ value: 1 }));
    cache.save('a', output({ value: 2 }));
    expect(cache.get('a')?.durable).toEqual({ value: 1 });
  });

  test('holds no more bytes than it may, and nothing that alone has more', () => {
    const cache = new InvocationCache(10, 100);
    cache.save('large', output({}, 101));
    for (const name of ['a', 'b', 'c']) cache.save(name, output({}, 40));
    expect(has(cache, 'large', 'a', 'b', 'c')).toEqual([false, false, true, true]);
  });

  test('[K166] disabled it neither gives nor takes nor counts; enabled it has what it had', () => {
    const cache = new InvocationCache(10);
    cache.save('a', output());
    cache.disable();
    cache.save('b', output());
    expect(has(cache, 'a', 'b')).toEqual([false, false]);
    expect(cache.status).toMatchObject({ size: 1, hits: 0, misses: 0, enabled: false });
    cache.enable();
    expect(has(cache, 'a', 'b')).toEqual([true, false]);
    expect(cache.status).toMatchObject({ hits: 1, misses: 1, enabled: true });
  });

  test('[K167] forgets only what names the asset that is gone, of whatever kind that is', () => {
    const [image, video] = ['1'.repeat(64), '2'.repeat(64)];
    const cache = new InvocationCache(10);
    cache.save('image', output({ image: { image_name: image } }));
    cache.save('images', output({ collection: [{ image_name: 'other' }, { image_name: image }] }));
    cache.save('video', output({ file: { asset_name: video } }));
    cache.save('number', output({ value: 1 }));
    cache.forget(image);
    expect(has(cache, 'image', 'images', 'video', 'number')).toEqual([false, false, true, true]);
    cache.forget(video);
    expect(has(cache, 'video', 'number')).toEqual([false, true]);
  });

  test('[K168] cleared it is as at its start', () => {
    const cache = new InvocationCache(10);
    cache.save('a', output());
    has(cache, 'a', 'b');
    cache.clear();
    expect(cache.status).toEqual({ size: 0, hits: 0, misses: 0, enabled: true, max_size: 10 });
  });
});
