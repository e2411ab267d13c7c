/** Weighted and long prompts on a real text encoder, and what the U-Net makes of them. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Conditioning } from '../../diffusion/latents.ts';
import { CanceledError } from '../node.ts';
import { Drawing } from './testing/drawing.ts';

const drawing = new Drawing();
afterAll(() => drawing.release());

const encode = (prompt: string): Promise<Conditioning> => drawing.encode(prompt);
const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
/** Where `value` lies between two others, as the share of the second, by least squares. */
function between({ data: value }: Conditioning, { data: a }: Conditioning, { data: b }: Conditioning): number {
  const along = b.map((one, i) => one - a[i]!);
  return along.reduce((sum, d, i) => sum + d * (value[i]! - a[i]!), 0) / along.reduce((sum, d) => sum + d * d, 0);
}

describe('a plain prompt', () => {
  it.each(['a big red star on striped blue', 'red-haired, e-mail & 50% (well', ''])(
    '%j is encoded as it stands',
    async (prompt) => {
      const { shape, data } = await encode(prompt);
      expect(shape).toEqual([1, 77, 128]);
      // The same words in groups of weight 1, and escaped, are the same tokens.
      const grouped = prompt
        .split(' ')
        .map((word) => word.replace(/[("+]/g, '\\$&'))
        .join(' ');
      expect((await encode(`(${grouped})1`)).data).toEqual(data);
    },
  );
});

describe('a weight', () => {
  const PROMPT = 'a big red star on blue';

  it('beyond 1 goes on from the empty prompt past the plain one, in the tokens that it is about', async () => {
    const [empty, plain, weighted] = [
      await encode(''),
      await encode(PROMPT),
      await encode('a big (red)1.5 star on blue'),
    ];
    const token = ({ data, shape }: Conditioning, at: number): Conditioning => {
      return { shape, data: data.slice(at * 128, (at + 1) * 128) };
    };
    // start, a, big, red
    expect(between(token(weighted, 3), token(empty, 3), token(plain, 3))).toBeCloseTo(1.5, 4);
    for (const at of [0, 1, 2, 4, 5, 6, 7, 76]) expect(token(weighted, at).data).toEqual(token(plain, at).data);
  });

  it('below 1 leads to the prompt without the word, all the way at 0', async () => {
    const without = await encode('a red star on blue');
    expect(largest((await encode('a (big)0 red star on blue')).data, without.data)).toBeLessThan(1e-3);
    const plain = await encode(PROMPT);
    const share = async (weight: number) => between(await encode(`a (big)${weight} red star on blue`), plain, without);
    const shares = [await share(0.9), await share(0.5), await share(0.1)];
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares[1]).toBeCloseTo(0.5, 1);
  });

  it('changes the picture, and a colour that weighs nothing is not seen', async () => {
    const start = await drawing.noise(4);
    const draw = async (prompt: string) => drawing.pixels(await drawing.draw(prompt, start));
    const red = await draw('a big red circle on white');
    expect(red.distance(64, 64, 'red')).toBeLessThanOrEqual(15);
    const heavy = await draw('a big red+ circle on white');
    expect(heavy.data).not.toEqual(red.data);
    expect(heavy.distance(64, 64, 'red')).toBeLessThanOrEqual(15);
    const gone = await draw('a big (red)0 green circle on white');
    expect(gone.distance(64, 64, 'green')).toBeLessThanOrEqual(15);
  });
});

describe('several prompts', () => {
  it('blend from one to the other', async () => {
    const start = await drawing.noise(4);
    const [a, b] = [await encode('a big red circle on white'), await encode('a big green circle on white')];
    const at = async (weights: string) =>
      encode(`("a big red circle on white", "a big green circle on white").blend(${weights})`);
    expect(between(await at('0.7, 0.3'), a, b)).toBeCloseTo(0.3, 4);
    expect(largest((await at('1, 0')).data, a.data)).toBe(0);
    for (const [weights, colour] of [
      ['0.9, 0.1', 'red'],
      ['0.1, 0.9', 'green'],
    ] as const) {
      const prompt = `("a big red circle on white", "a big green circle on white").blend(${weights})`;
      const pixels = await drawing.pixels(await drawing.draw(prompt, start));
      expect(pixels.distance(64, 64, colour)).toBeLessThanOrEqual(20);
    }
  });

  it('are said one after the other, against a negative prompt of one window', async () => {
    const { shape, data } = await encode('("a big red circle", "on white").and()');
    expect(shape).toEqual([1, 154, 128]);
    expect(data.slice(77 * 128)).toEqual((await encode('on white')).data);
    const prompt = '("a big red circle on white", "a big red circle on white").and()';
    const start = await drawing.noise(4);
    const [twice, once] = [
      await drawing.denoise(prompt, start),
      await drawing.denoise('a big red circle on white', start),
    ];
    // What is said twice, and repeated to be as long as that, says what it says once.
    expect(largest(twice.data, once.data)).toBeLessThan(1e-3);
  });
});

describe('a long prompt', () => {
  it('is encoded in windows, none of it cut', async () => {
    const words = 'a big red circle on white background '.repeat(13).trim();
    const { shape, data } = await encode(words);
    expect(shape).toEqual([1, 154, 128]);
    const tokens = words.split(' ');
    expect(data.slice(0, 77 * 128)).toEqual((await encode(tokens.slice(0, 75).join(' '))).data);
    expect(data.slice(77 * 128)).toEqual((await encode(tokens.slice(75).join(' '))).data);
    const pixels = await drawing.pixels(await drawing.draw(words, await drawing.noise(4)));
    expect(pixels.distance(4, 4, 'white')).toBeLessThanOrEqual(20);
  });

  it('may be canceled between them', async () => {
    drawing.context.canceled = true;
    await expect(encode('a')).rejects.toThrow(CanceledError);
    drawing.context.canceled = false;
  });
});
