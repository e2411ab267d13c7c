/**
 * CLIP's tokenizer: lower-cased byte-level byte-pair encoding with `</w>` at word ends (Radford et al., 2021).
 *
 * Our own, because diffusion exports bring `vocab.json` and `merges.txt`, while the maintained JavaScript libraries
 * read `tokenizer.json`, which they do not bring: writing that file's normalizer, pre-tokenizer and post-processor by
 * hand is as long as this, and the merge loop below is all that a library would take off us.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readModelFile, readModelJson } from './model-file.ts';

/** Special tokens are written as text, or as an object that holds it. */
const Token = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .transform((token) => (typeof token === 'string' ? token : token.content));
const TokenizerConfig = z.looseObject({
  bos_token: Token.default('<|startoftext|>'),
  eos_token: Token.default('<|endoftext|>'),
  unk_token: Token.default('<|endoftext|>'),
  pad_token: Token.optional(),
  model_max_length: z.number().optional(),
  /** Written by later versions, which put every special token into this file. */
  added_tokens_decoder: z.unknown().optional(),
});

const Vocabulary = z.record(z.string(), z.int());

/** What CLIP's text encoders take; also the answer to exports that write 10^30 for "no limit". */
const MAX_LENGTH = 77;

/** Longer pieces are no words that come again, and ten thousand of them would be much memory. */
const CACHED_LENGTH_MAX = 100;

/** The rank of a pair that was not merged in training. */
const NEVER = Number.POSITIVE_INFINITY;

/** The pieces that merges never cross: contractions, runs of letters, single digits, runs of anything else. */
const PIECES = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

/** A printable character for each byte, as GPT-2 chose them: itself where it prints, else from U+0100 on. */
const BYTE_SYMBOLS: readonly string[] = (() => {
  let next = 256;
  const prints = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(prints(byte) ? byte : next++));
})();

export class ClipTokenizer {
  readonly maxLength: number;
  readonly #vocabulary: Map<string, number>;
  readonly #ranks: Map<string, number>;
  readonly #start: number;
  readonly #end: number;
  readonly #pad: number;
  readonly #unknown: number;
  /** Special tokens stand for themselves wherever the text has them; "!" is one in Stable Diffusion 2. */
  readonly #special: RegExp;
  /** Token ids by piece. Bounded by the words that prompts use; dropped when it grows past any real vocabulary. */
  readonly #cache = new Map<string, number[]>();

  constructor(vocabulary: Record<string, number>, merges: readonly string[], config: unknown) {
    const { bos_token, eos_token, unk_token, pad_token, model_max_length } = TokenizerConfig.parse(config);
    this.#vocabulary = new Map(Object.entries(vocabulary));
    this.#ranks = new Map(merges.map((pair, rank) => [pair, rank]));
    const id = (token: string) => {
      const found = this.#vocabulary.get(token);
      if (found === undefined) throw new Error(`the vocabulary has no token "${token}"`);
      return found;
    };
    this.#start = id(bos_token);
    this.#end = id(eos_token);
    this.#unknown = id(unk_token);
    // Stable Diffusion 1.x pads with the end token, 2.x with "!".
    this.#pad = id(pad_token ?? eos_token);
    const special = new Set([bos_token, eos_token, unk_token, pad_token ?? eos_token]);
    this.#special = new RegExp(`(${[...special].map((token) => token.replaceAll(/\W/g, '\\$&')).join('|')})`);
    this.maxLength = Math.min(model_max_length ?? MAX_LENGTH, MAX_LENGTH);
  }

  /** From a folder with vocab.json, merges.txt, tokenizer_config.json and, in most, special_tokens_map.json. */
  static async load(folder: string): Promise<ClipTokenizer> {
    const [vocabulary, merges, config] = await Promise.all([
      readModelJson(join(folder, 'vocab.json')),
      readModelFile(join(folder, 'merges.txt')),
      readModelJson(join(folder, 'tokenizer_config.json')),
    ]);
    const lines = merges.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#version'));
    const settings = z.looseObject({}).parse(config);
    const map = join(folder, 'special_tokens_map.json');
    // As transformers has it: the map is what counts, until a version that puts all into the configuration.
    if (settings.added_tokens_decoder === undefined && existsSync(map))
      Object.assign(settings, await readModelJson(map));
    return new ClipTokenizer(Vocabulary.parse(vocabulary), lines, settings);
  }

  /** Token ids of a text of any length, without markers. */
  tokenize(text: string): number[] {
    const normal = text.normalize('NFC').replace(/\s+/g, ' ').trim().toLowerCase();
    return normal
      .split(this.#special)
      .flatMap((part, index) => (index % 2 === 1 ? this.#vocabulary.get(part) : this.#idsOf(part)) ?? []);
  }

  /** What the encoder takes: start, the ids (cut to fit), end, padding. */
  window(ids: readonly number[]): number[] {
    const used = [this.#start, ...ids.slice(0, this.maxLength - 2), this.#end];
    return used.concat(new Array(this.maxLength - used.length).fill(this.#pad));
  }

  #idsOf(text: string): number[] {
    return (text.match(PIECES) ?? []).flatMap((piece) => this.#idsOfPiece(piece));
  }

  #idsOfPiece(piece: string): number[] {
    const known = this.#cache.get(piece);
    if (known) return known;
    const ids = this.#merge(piece).map((symbol) => this.#vocabulary.get(symbol) ?? this.#unknown);
    if (piece.length > CACHED_LENGTH_MAX) return ids;
    if (this.#cache.size >= 10_000) this.#cache.clear();
    this.#cache.set(piece, ids);
    return ids;
  }

  /**
   * Joins the neighbours that were merged earliest in training, in all places at once from left to right as CLIP does,
   * until no neighbours were ever merged. Ranks are kept beside the symbols and looked up again only next to a merge,
   * so a round costs one pass over numbers, and there are as many rounds as different merges in the piece.
   */
  #merge(piece: string): string[] {
    const symbols = [...Buffer.from(piece, 'utf8')].map((byte) => BYTE_SYMBOLS[byte] ?? '');
    symbols.push(`${symbols.pop()}</w>`);
    /** Of each symbol with the one after it. */
    const ranks = symbols.map((_, at) => this.#rankAt(symbols, at));
    for (;;) {
      let best = NEVER;
      for (const rank of ranks) if (rank < best) best = rank;
      if (best === NEVER) return symbols;
      const merged: number[] = [];
      let to = 0;
      for (let from = 0; from < symbols.length; from++, to++) {
        const first = symbols[from] as string;
        if (ranks[from] === best) merged.push(to);
        ranks[to] = ranks[from] as number;
        symbols[to] = ranks[from] === best ? first + symbols[++from] : first;
      }
      symbols.length = to;
      ranks.length = to;
      for (const at of merged) {
        if (at > 0) ranks[at - 1] = this.#rankAt(symbols, at - 1);
        ranks[at] = this.#rankAt(symbols, at);
      }
    }
  }

  #rankAt(symbols: readonly string[], at: number): number {
    return this.#ranks.get(`${symbols[at]} ${symbols[at + 1]}`) ?? NEVER;
  }
}
