import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createClient } from './client.ts';

const whole = new Uint8Array(300_000).map((_, index) => (index * 7) % 251);
const name = createHash('sha256').update(whole).digest('hex');

/** The bytes from `start`, in pieces; it breaks off after `until`. */
function bytesFrom(start: number, until = whole.length, headers: Record<string, string> = {}): Response {
  let at = start;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= until)
        return until === whole.length ? controller.close() : controller.error(new TypeError('terminated'));
      controller.enqueue(whole.slice(at, Math.min(until, at + 40_000)));
      at = Math.min(until, at + 40_000);
    },
  });
  const length = { 'content-length': String(whole.length - start), 'content-type': 'image/png' };
  return new Response(body, { status: start > 0 ? 206 : 200, headers: { ...length, ...headers } });
}

function service(answer: (start: number, nth: number) => Response) {
  const ranges: (string | null)[] = [];
  const { assets, models } = createClient({
    url: 'http://service.test',
    key: 'k',
    retries: 3,
    fetch: async (_, init) => {
      const range = new Headers(init?.headers).get('range');
      ranges.push(range);
      return answer(Number(/\d+/.exec(range ?? '0')?.[0]), ranges.length);
    },
  });
  return { assets, models, ranges };
}

describe('a download', () => {
  test('goes on where its connection broke, and tells how far it is', async () => {
    const { assets, ranges } = service((start) => bytesFrom(start, Math.min(whole.length, start + 40_000)));
    const told: [number, number | null][] = [];
    const { bytes, content_type } = await assets.download(name, { onProgress: (...each) => told.push(each) });
    expect(Buffer.from(bytes).equals(whole)).toBe(true);
    expect(content_type).toBe('image/png');
    // More often than a call is repeated: each of them brought something new.
    expect(ranges).toEqual([null, ...[40, 80, 120, 160, 200, 240, 280].map((start) => `bytes=${start}000-`)]);
    expect(told[0]).toEqual([0, whole.length]);
    expect(told.at(-1)).toEqual([whole.length, whole.length]);
    expect(told.every(([received], index) => index === 0 || received > (told[index - 1]?.[0] ?? 0))).toBe(true);
  });

  test('that breaks again and again without anything new gives up', async () => {
    const { assets, ranges } = service((start) => bytesFrom(start, start === 0 ? 40_000 : start));
    await expect(assets.download(name)).rejects.toMatchObject({ name: 'ConnectionError' });
    expect(ranges).toEqual([null, ...Array(3).fill('bytes=40000-')]);
  });

  test('is whole when only the end of its connection went wrong', async () => {
    const broken = () => {
      let sent = false;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent) return controller.error(new TypeError('terminated'));
          sent = true;
          controller.enqueue(whole);
        },
      });
      return new Response(body, { headers: { 'content-length': String(whole.length) } });
    };
    const { assets, ranges } = service(broken);
    expect((await assets.download(name)).bytes).toHaveLength(whole.length);
    expect(ranges).toHaveLength(1);
  });

  test('is refused when a part was asked for and the whole came, and when it arrived damaged', async () => {
    const { assets } = service((start) => (start === 0 ? bytesFrom(0, 40_000) : bytesFrom(0)));
    await expect(assets.download(name)).rejects.toMatchObject({ name: 'UnexpectedAnswerError' });
    const damaged = service(() => new Response('another'));
    await expect(damaged.assets.download(name)).rejects.toThrow('arrived damaged');
  });

  test('goes on where an answer ended early as if it were whole, also where nobody knows the digest', async () => {
    const short = (start: number) => {
      const until = Math.min(whole.length, start + 200_000);
      return new Response(whole.slice(start, until), {
        status: start > 0 ? 206 : 200,
        headers: { 'content-length': String(whole.length - start) },
      });
    };
    const { assets, models, ranges } = service(short);
    expect(Buffer.from((await assets.download(name)).bytes).equals(whole)).toBe(true);
    expect(ranges).toEqual([null, 'bytes=200000-']);
    let length = 0;
    for await (const chunk of models.file('m', name)) length += chunk.byteLength;
    expect(length).toBe(whole.length);
  });

  test('is not put together of parts that do not follow each other', async () => {
    const other = service((start) =>
      bytesFrom(start, start === 0 ? 40_000 : whole.length, { 'content-range': `bytes 0-1/${whole.length}` }),
    );
    await expect(other.assets.download(name)).rejects.toMatchObject({ name: 'UnexpectedAnswerError' });
    const packed = service((start) =>
      bytesFrom(start, start === 0 ? 40_000 : whole.length, { 'content-encoding': 'identity' }),
    );
    await expect(packed.assets.download(name)).rejects.toMatchObject({ name: 'ConnectionError' });
    expect(packed.ranges).toEqual([null]);
  });

  test('ends with its signal, and with an error of its caller', async () => {
    const stop = new AbortController();
    const { assets, ranges } = service((start) => bytesFrom(start));
    const onProgress = (received: number) => received > 0 && stop.abort(new Error('enough'));
    const slow = service((start) => {
      stop.signal.throwIfAborted();
      return bytesFrom(start, start + 40_000);
    });
    await expect(slow.assets.download(name, { onProgress, signal: stop.signal })).rejects.toThrow('enough');
    const mine = () => {
      throw new RangeError('mine');
    };
    await expect(assets.download(name, { onProgress: mine })).rejects.toThrow(RangeError);
    expect(ranges).toHaveLength(1);
  });
});
