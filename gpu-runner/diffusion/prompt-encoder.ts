/**
 * Weighted prompts as compel encodes them (github.com/damian0815/compel, `EmbeddingsProvider`). Text encoders know no
 * weights, so they are laid over what the encoder gives:
 *
 * * every token's features are moved away from those of the empty prompt, or towards them, by its weight;
 * * for each fragment that weighs less than 1 the prompt is also encoded without it, and what was encoded with it is
 *   moved towards that: half-way at 0.5, all the way at 0. (compel's way where there is no attention mask, "remove";
 *   exported encoders take none.)
 *
 * A prompt beyond the encoder's length is encoded in windows of that length, one after the other, as InvokeAI does it.
 */
import { joined } from './conditioning.ts';
import type { Conditioning } from './latents.ts';
import { type Fragment, parsePrompt } from './prompt.ts';

export interface PromptEncoder {
  /** Ids of a text, without markers. */
  tokenize(text: string): number[];
  /** How many of them an encoder takes at once, beside the markers. */
  readonly windowTokens: number;
  /** Encodes one window: at most so many ids, with markers and padding laid around them. [1, window, features]. */
  encode(ids: readonly number[]): Promise<Conditioning>;
}

/** With 75 tokens each about as much as the node's 10,000 characters say; every U-Net step pays for each. */
const WINDOWS_MAX = 32;

/** Start and end of a window. */
const MARKERS = 2;

/** Of `.and()` and `.blend()`. */
const PARTS_MAX = 16;

/** Each costs as many encodings as the prompt has windows. */
const LESSENED_MAX = 75;

/** As compel: the weight 0 would ask for an infinite share. */
const SMALLEST_WEIGHT = 1e-5;

interface WeightedIds {
  ids: number[];
  weight: number;
}

/** [1, windows · window, features]. `before` is called before each encoding. A plain prompt is encoded as it is. */
export async function encodePrompt(
  encoder: PromptEncoder,
  prompt: string,
  before: () => Promise<void> = async () => {},
): Promise<Conditioning> {
  return new Encoding(encoder, before).prompt(prompt);
}

class Encoding {
  readonly #encoder: PromptEncoder;
  readonly #before: () => Promise<void>;
  #empty: Promise<Conditioning> | undefined;

  constructor(encoder: PromptEncoder, before: () => Promise<void>) {
    this.#encoder = encoder;
    this.#before = before;
  }

  async prompt(text: string): Promise<Conditioning> {
    const { operator, parts, normalize } = parsePrompt(text);
    if (parts.length > PARTS_MAX) {
      throw new Error(`.${operator}() has ${parts.length} prompts; ${PARTS_MAX} are the most`);
    }
    const encoded: Conditioning[] = [];
    for (const { fragments } of parts) encoded.push(await this.#fragments(fragments));
    const weights = parts.map(({ weight }) => weight);
    if (operator === 'blend') return this.#mix(encoded, weights, normalize);
    for (const [i, weight] of weights.entries()) {
      const part = encoded[i];
      if (part && weight !== 1) encoded[i] = await this.#weigh(part, new Array(part.shape[1]).fill(weight));
    }
    const windows = encoded.reduce((sum, { shape }) => sum + shape[1], 0) / (this.#encoder.windowTokens + MARKERS);
    if (windows > WINDOWS_MAX)
      throw new Error(`the prompts of .and() fill ${windows} windows; ${WINDOWS_MAX} are the most`);
    return joined(encoded);
  }

  async #fragments(fragments: readonly Fragment[]): Promise<Conditioning> {
    const pieces = fragments.map(({ text, weight }) => ({ ids: this.#encoder.tokenize(text), weight }));
    const lessened = pieces.filter(({ ids, weight }) => weight < 1 && ids.length > 0);
    if (lessened.length > LESSENED_MAX) {
      throw new Error(
        `${lessened.length} parts of the prompt have a weight below 1; ${LESSENED_MAX} are the most: group them`,
      );
    }
    const all = await this.#weighted(pieces);
    // tan is 0 at weight 1, 1 at 0.5 and without bound towards 0: as shares, none, half and all.
    const shares = lessened.map(({ weight }) => Math.tan(((1 - Math.max(weight, SMALLEST_WEIGHT)) * Math.PI) / 2));
    const sum = shares.reduce((total, share) => total + share, 1);
    let mixed = lessened.length === 0 ? all.data : all.data.map((value) => value / sum);
    // One at a time: together they may be more than fits into memory.
    for (const [i, one] of lessened.entries()) {
      const without = await this.#weighted(pieces.filter((piece) => piece !== one));
      const [, even] = await this.#alike([all, without]);
      const share = (shares[i] ?? 0) / sum;
      mixed = mixed.map((value, at) => value + (even?.data[at] ?? 0) * share);
    }
    return { ...all, data: mixed };
  }

  async #weighted(pieces: readonly WeightedIds[]): Promise<Conditioning> {
    const ids = pieces.flatMap((piece) => piece.ids);
    const weights = pieces.flatMap((piece) => new Array<number>(piece.ids.length).fill(piece.weight));
    const room = this.#encoder.windowTokens;
    const windows = Math.max(1, Math.ceil(ids.length / room));
    if (windows > WINDOWS_MAX) {
      throw new Error(`the prompt has ${ids.length} tokens; ${WINDOWS_MAX * room} are the most: shorten it`);
    }
    const encoded: Conditioning[] = [];
    for (let start = 0; start < windows * room; start += room) {
      const window = await this.#encode(ids.slice(start, start + room));
      const own = weights.slice(start, start + room);
      const plain = own.every((weight) => weight === 1);
      // The start marker weighs 1, as do the end and the padding, which `own` does not reach.
      encoded.push(plain ? window : await this.#weigh(window, [1, ...own]));
    }
    return joined(encoded);
  }

  /** Moves each token of a prompt away from what the empty prompt has in its place. */
  async #weigh(prompt: Conditioning, weights: readonly number[]): Promise<Conditioning> {
    const [empty] = await this.#alike([await this.#emptyPrompt(), prompt]);
    const features = prompt.shape[2];
    const data = prompt.data.map((value, i) => {
      const weight = weights[Math.floor(i / features)] ?? 1;
      const without = empty?.data[i] ?? 0;
      return weight === 1 ? value : without + (value - without) * weight;
    });
    return { shape: prompt.shape, data };
  }

  async #mix(prompts: readonly Conditioning[], weights: readonly number[], normalize: boolean): Promise<Conditioning> {
    const even = await this.#alike(prompts);
    const sum = normalize ? weights.reduce((total, weight) => total + weight, 0) : 1;
    const [first] = even as [Conditioning];
    const data = first.data.map((_, i) =>
      even.reduce((total, prompt, at) => total + (prompt.data[i] ?? 0) * ((weights[at] ?? 0) / sum), 0),
    );
    return { shape: first.shape, data };
  }

  /** Shorter ones go on with the empty prompt, as in compel. */
  async #alike(prompts: readonly Conditioning[]): Promise<Conditioning[]> {
    const longest = Math.max(...prompts.map(({ shape }) => shape[1]));
    if (prompts.every(({ shape }) => shape[1] === longest)) return [...prompts];
    const empty = await this.#emptyPrompt();
    return prompts.map((prompt) => {
      const missing = (longest - prompt.shape[1]) / empty.shape[1];
      return joined([prompt, ...new Array<Conditioning>(missing).fill(empty)]);
    });
  }

  #emptyPrompt(): Promise<Conditioning> {
    this.#empty ??= this.#encode([]);
    return this.#empty;
  }

  async #encode(ids: readonly number[]): Promise<Conditioning> {
    await this.#before();
    return this.#encoder.encode(ids);
  }
}
