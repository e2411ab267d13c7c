import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TINY_DIFFUSION } from '../../test/support/onnx-fixtures.ts';
import { ClipTokenizer } from './tokenizer.ts';

const END = 624;
let tokenizer: ClipTokenizer;
beforeAll(async () => {
  tokenizer = await ClipTokenizer.load(join(TINY_DIFFUSION, 'tokenizer'));
});

/** What an encoder gets of a text. */
const encode = (text: string, by = tokenizer) => by.window(by.tokenize(text));

/** Without the padding. */
const ids = (text: string) =>
  encode(text)
    .join(' ')
    .replace(/( 624)+$/, ' 624')
    .split(' ')
    .map(Number);

describe('the tokenizer', () => {
  it.each(['ddim-1', 'ddim-2', 'ddim-3'])('gives the ids of %s', (name) => {
    const golden = JSON.parse(readFileSync(join(TINY_DIFFUSION, 'golden', `${name}.json`), 'utf8'));
    expect(encode(golden.prompt)).toEqual(golden.token_ids);
    expect(encode(golden.negative_prompt)).toEqual(golden.negative_token_ids);
  });

  // The ids are what models/tiny-diffusion/data.py gives, the tokenizer that the model was trained with.
  it.each([
    ['spaces, capitals, punctuation', 'A  Big\tRED star,on blue!!', '320 550 609 615 267 597 553 0 256'],
    [
      'contractions and digits',
      "it's the ring's edge; we've 42 dots & we'll see",
      '72 339 6 338 617 610 6 338 68 67 70 324 282 86 324 6 85 324 275 273 571 338 261 86 324 6 75 331 82 68 324',
    ],
    [
      'letters beyond ASCII',
      'naïve café — Ünïcödé',
      '77 64 127 107 85 324 66 64 69 127 358 158 222 498 127 120 77 127 107 66 127 114 67 127 358',
    ],
    ['scripts without spaces, symbols', '日本 の 星 ⭐', '162 245 98 162 250 361 159 223 362 162 246 509 158 255 494'],
    ['letters and digits joined by others', 'x_y z-w 3.14', '343 318 344 345 268 342 274 269 272 275'],
    ['special tokens in the text', '<|endoftext|> red <|startoftext|>', '624 609 623'],
  ])('reads %s', (_, text, expected) => {
    expect(ids(text)).toEqual([623, ...expected.split(' ').map(Number), END]);
  });

  it('merges a pair in all places before it looks for the next, as the reference of CLIP does', () => {
    const markers = { '<|startoftext|>': 0, '<|endoftext|>': 1 };
    const vocabulary = { ...markers, a: 2, aa: 3, aaaa: 4, b: 5, 'b</w>': 6, aab: 7, 'aab</w>': 8 };
    const tokenizer = new ClipTokenizer(vocabulary, ['a a', 'aa aa', 'aa b</w>', 'aa b'], {});
    expect(tokenizer.tokenize('aaaaaab')).toEqual([4, 8]);
    expect(tokenizer.tokenize('aaabaab')).toEqual([3, 2, 5, 8]);
  });

  it('takes time in proportion to a word, however long', () => {
    // Merging one place at a time, each found by looking at all, takes the square of it: most of a minute here.
    const word = 'astarblue'.repeat(10_000);
    const start = process.cpuUsage();
    const ids = tokenizer.tokenize(word);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
    expect(ids.slice(0, 10)).toEqual([64, 526, 512, 552, 68, 64, 526, 512, 552, 68]);
  });

  it('cuts what is too long, and keeps the end', () => {
    const long = encode('star '.repeat(100));
    expect(long).toHaveLength(77);
    expect(long.slice(0, 2)).toEqual([623, 615]);
    expect(long.slice(-2)).toEqual([615, END]);
  });

  it('pads with the token that the configuration names, as Stable Diffusion 2 does', () => {
    const vocabulary = { '!': 0, a: 1, 'a</w>': 2, '<|startoftext|>': 3, '<|endoftext|>': 4 };
    const config = { pad_token: '!', eos_token: { content: '<|endoftext|>' }, model_max_length: 5 };
    expect(encode('a', new ClipTokenizer(vocabulary, [], config))).toEqual([3, 2, 4, 0, 0]);
    expect(encode('', new ClipTokenizer(vocabulary, [], { model_max_length: 1e30 }))).toHaveLength(77);
  });

  describe('special tokens', () => {
    const vocabulary = { '!': 0, a: 1, 'a</w>': 2, '?</w>': 3, '!</w>': 4, '<|startoftext|>': 5, '<|endoftext|>': 6 };

    it('stand for themselves in the text, as transformers reads it for Stable Diffusion 2', () => {
      const tokenizer = new ClipTokenizer(vocabulary, [], { pad_token: '!', model_max_length: 9 });
      expect(encode('a!? !!', tokenizer)).toEqual([5, 2, 0, 3, 0, 0, 6, 0, 0]);
      const other = new ClipTokenizer(vocabulary, [], { model_max_length: 5 });
      expect(encode('a!', other)).toEqual([5, 2, 4, 6, 6]);
    });

    it.each([
      ['of the map are what counts, as in the files of Stable Diffusion 2', {}, 0],
      ['of the configuration are, when a later version wrote it', { added_tokens_decoder: {} }, 6],
    ])('%s', async (_, more, pad) => {
      const folder = mkdtempSync(join(tmpdir(), 'switchyard-tokenizer-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const config = { pad_token: '<|endoftext|>', model_max_length: 4, ...more };
      const files = { 'vocab.json': vocabulary, 'tokenizer_config.json': config };
      for (const [name, content] of Object.entries({ ...files, 'special_tokens_map.json': { pad_token: '!' } }))
        writeFileSync(join(folder, name), JSON.stringify(content));
      writeFileSync(join(folder, 'merges.txt'), '#version: 0.2\n');
      expect(encode('a', await ClipTokenizer.load(folder))).toEqual([5, 2, 6, pad]);
    });
  });
});
