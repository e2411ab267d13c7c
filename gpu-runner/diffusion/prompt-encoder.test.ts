/** The arithmetic of weights on an encoder whose every answer can be told from what it was asked. */
import { describe, expect, it } from 'vitest';
import { encodePrompt, type PromptEncoder } from './prompt-encoder.ts';

const ROOM = 4;

/** One token a letter, one feature a token: the letters before it count a tenth, so that context shows. 6 a window. */
function probe() {
  const asked: string[] = [];
  const encoder: PromptEncoder = {
    windowTokens: ROOM,
    tokenize: (text) => [...text.replace(/\s/g, '')].map((letter) => letter.charCodeAt(0) - 96),
    async encode(ids) {
      asked.push(ids.map((id) => String.fromCharCode(id + 96)).join(''));
      return { shape: [1, ROOM + 2, 1], data: featuresOf(ids) };
    },
  };
  return { asked, encode: async (prompt: string) => encodePrompt(encoder, prompt), encoder };
}

/** Start 100, ids, then −1 for the end and what follows it. */
function featuresOf(ids: readonly number[]): Float32Array {
  let context = 0;
  const features = new Float32Array(ROOM + 2).fill(-1);
  features[0] = 100;
  ids.forEach((id, i) => {
    features[i + 1] = id + context;
    context += id / 10;
  });
  // The markers after the text see all of it.
  return features.map((value, i) => (i > ids.length ? value + context : value));
}

const of = (text: string) => featuresOf([...text].map((letter) => letter.charCodeAt(0) - 96));
const EMPTY = of('');
const close = (values: ArrayLike<number>) => Array.from(values, (value) => expect.closeTo(value, 4));

/** Weights of the tokens, the start first. */
const weighed = (text: string, weights: number[]) =>
  of(text).map((value, i) => EMPTY[i]! + (value - EMPTY[i]!) * (weights[i] ?? 1));

/** Shares that need not have a sum of 1. */
const mixed = (versions: Float32Array[], shares: number[]) => {
  const sum = shares.reduce((a, b) => a + b, 0);
  return EMPTY.map((_, i) => versions.reduce((total, version, at) => total + (version[i]! * shares[at]!) / sum, 0));
};

describe('an encoded prompt', () => {
  it('without weights is what the encoder gives, bit for bit, in one call', async () => {
    const { asked, encode } = probe();
    expect(await encode('abc')).toEqual({ shape: [1, 6, 1], data: of('abc') });
    expect(asked).toEqual(['abc']);
    expect((await probe().encode('')).data).toEqual(EMPTY);
  });

  it('moves the tokens that weigh more away from the empty prompt, and only those', async () => {
    const { data } = await probe().encode('a(b)2c');
    expect([...data]).toEqual(close(weighed('abc', [1, 1, 2, 1])));
    expect([data[0], data[1], data[3]]).toEqual([of('abc')[0], of('abc')[1], of('abc')[3]]);
  });

  it('is half-way to the prompt without what weighs a half, and all the way at 0', async () => {
    const { asked, encode } = probe();
    expect([...(await encode('ab(c)0.5')).data]).toEqual(
      close(mixed([weighed('abc', [1, 1, 1, 0.5]), of('ab')], [1, 1])),
    );
    expect(asked).toEqual(['abc', '', 'ab']);
    expect([...(await probe().encode('ab(c)0')).data]).toEqual(
      Array.from(of('ab'), (value) => expect.closeTo(value, 3)),
    );
  });

  it('leaves out one fragment at a time', async () => {
    const { asked, encode } = probe();
    const { data } = await encode('a(b)0.5(c)0.8');
    const share = Math.tan((0.2 * Math.PI) / 2);
    const versions = [weighed('abc', [1, 1, 0.5, 0.8]), weighed('ac', [1, 1, 0.8]), weighed('ab', [1, 1, 0.5])];
    expect([...data]).toEqual(close(mixed(versions, [1, 1, share])));
    expect(asked.filter((text) => text !== '')).toEqual(['abc', 'ac', 'ab']);
  });

  it('goes on in further windows, each with its markers', async () => {
    const { asked, encode } = probe();
    const { shape, data } = await encode('abcdefghi');
    expect(asked).toEqual(['abcd', 'efgh', 'i']);
    expect(shape).toEqual([1, 18, 1]);
    expect([...data]).toEqual([...of('abcd'), ...of('efgh'), ...of('i')]);
    expect((await probe().encode('abcd')).shape).toEqual([1, 6, 1]);
  });

  it('ends with the empty prompt where leaving something out saves a window', async () => {
    const { data } = await probe().encode('abcd(e)0');
    expect([...data]).toEqual(Array.from([...of('abcd'), ...EMPTY], (value) => expect.closeTo(value, 3)));
  });

  it('blends prompts by their shares, padded with the empty one', async () => {
    const { shape, data } = await probe().encode('("abcde", "b").blend(3, 1)');
    const [long, short] = [
      [...of('abcd'), ...of('e')],
      [...of('b'), ...EMPTY],
    ];
    expect(shape).toEqual([1, 12, 1]);
    expect([...data]).toEqual(close(long.map((value, i) => (3 * value + short[i]!) / 4)));
    const free = await probe().encode('("a", "b").blend(2, 1, no_normalize)');
    expect([...free.data]).toEqual(close(of('a').map((value, i) => 2 * value + of('b')[i]!)));
  });

  it('puts prompts one after the other, each by its weight', async () => {
    const { shape, data } = await probe().encode('("a", "b+").and(1, 0.5)');
    expect(shape).toEqual([1, 12, 1]);
    const second = weighed('b', [1, 1.1]).map((value, i) => EMPTY[i]! + (value - EMPTY[i]!) * 0.5);
    expect([...data]).toEqual(close([...of('a'), ...second]));
  });

  it('lets the caller stop before each encoding', async () => {
    const { asked, encoder } = probe();
    const stop = async () => {
      if (asked.length === 2) throw new Error('stop');
    };
    await expect(encodePrompt(encoder, 'abcdefghijkl', stop)).rejects.toThrow('stop');
    expect(asked).toHaveLength(2);
  });

  it('has bounds', async () => {
    await expect(probe().encode('a'.repeat(32 * ROOM))).resolves.toBeDefined();
    await expect(probe().encode('a'.repeat(32 * ROOM + 1))).rejects.toThrow(/129 tokens; 128 are the most/);
    const list = (part: string, count: number) => new Array(count).fill(`"${part}"`).join(', ');
    await expect(probe().encode(`(${list('a', 16)}).blend()`)).resolves.toBeDefined();
    await expect(probe().encode(`(${list('a', 17)}).and()`)).rejects.toThrow(
      /\.and\(\) has 17 prompts; 16 are the most/,
    );
    const three = 'a'.repeat(3 * ROOM);
    await expect(probe().encode(`(${list(three, 11)}).and()`)).rejects.toThrow(/fill 33 windows; 32 are the most/);
    await expect(probe().encode('a- b '.repeat(76))).rejects.toThrow(/76 parts .* below 1; 75 are the most/);
  });
});
