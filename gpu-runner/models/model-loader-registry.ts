/**
 * Loaded models of a device, by the hash of their manifest, within a budget of memory. Loaders are chosen by model type;
 * a new type is a loader more.
 *
 * A *hold* is one invocation's: the models that it asked for stay until it ends. What nobody holds may be unloaded to
 * make room, first what no item on this device needs, and of those what was used least recently. Where everything is
 * held, loads wait in the order in which they were asked for. Should all that hold something wait themselves, none would
 * ever end: then the first in line is loaded over the budget.
 */

import { megabytes } from './megabytes.ts';
import { ModelHold } from './model-hold.ts';
import { MODEL_LOADERS, type ModelLoader } from './model-loaders.ts';
import { ModelMemoryError, makeRoom, type Place } from './model-room.ts';
import type { SessionOptions } from './onnx-model.ts';

/** A model whose files lie in a folder, each verified against the manifest. */
export interface StoredModel {
  /** sha256 of the manifest. */
  hash: string;
  type: string;
  folder: string;
  /** Checks the files, for when they do not load; true when some were damaged and are whole now. */
  mend?: () => Promise<boolean>;
}

export interface LoadedModel {
  release(): Promise<void>;
}

/** Bytes, and counts since the registry was made. */
export interface ModelCacheFigures {
  high_water_mark: number;
  /** The budget. */
  cache_size: number;
  total_usage: number;
  hits: number;
  misses: number;
  models_cached: number;
  models_cleared: number;
}

export interface RegistryParts {
  options?: SessionOptions;
  loaders?: ReadonlyMap<string, ModelLoader>;
  /** Bytes that models may take together; any number when absent. */
  budget?: number;
  /** How much items on this device need a model: of two that nobody holds, the one with less goes first. */
  need?: (hash: string) => number;
  /** Which models are loaded has changed. */
  onChange?: () => void;
  /** Something that whoever runs this should know. */
  warn?: (message: string) => void;
}

interface Entry extends Place<ModelHold> {
  readonly holds: Set<ModelHold>;
  readonly stored: StoredModel;
  readonly model: PromiseWithResolvers<LoadedModel>;
  /** Of holds that came while it waited: each can be refused alone. */
  readonly refusals: Map<ModelHold, PromiseWithResolvers<never>>;
}

export class ModelLoaderRegistry {
  readonly #parts: Required<RegistryParts>;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  /** Those that wait for room, in the order in which they were asked for. */
  readonly #line: Entry[] = [];
  /** Unloads under way. */
  readonly #leaving = new Set<Promise<void>>();
  #usage = 0;
  #highWaterMark = 0;
  #hits = 0;
  #misses = 0;
  #cleared = 0;

  constructor(parts: RegistryParts = {}) {
    const nothing = () => {};
    this.#parts = {
      ...{ options: {}, loaders: MODEL_LOADERS, budget: Number.POSITIVE_INFINITY, need: () => 0 },
      ...{ onChange: nothing, warn: nothing, ...parts },
    };
  }

  /** Hashes of the models that are ready, the most recently used first. */
  get loaded(): string[] {
    return [...this.#entries.values()]
      .filter(({ state }) => state === 'loaded')
      .map(({ stored }) => stored.hash)
      .reverse();
  }

  /** Where the files of a loaded model are. */
  find(hash: string): StoredModel | undefined {
    const entry = this.#entries.get(hash);
    return entry?.state === 'loaded' ? entry.stored : undefined;
  }

  figures(): ModelCacheFigures {
    return {
      high_water_mark: this.#highWaterMark,
      cache_size: this.#parts.budget,
      total_usage: this.#usage,
      hits: this.#hits,
      misses: this.#misses,
      models_cached: this.loaded.length,
      models_cleared: this.#cleared,
    };
  }

  /** For one invocation; to be released when it ends. */
  hold(): ModelHold {
    return new ModelHold(
      (hold, stored) => this.#load(hold, stored),
      (hold) => this.#release(hold),
    );
  }

  /** Unloads everything, held or not: at the end. */
  async releaseAll(): Promise<void> {
    const entries = [...this.#entries.values()].filter(({ state }) => state !== 'waiting');
    await Promise.all(entries.map((entry) => this.#unload(entry)));
  }

  #load(hold: ModelHold, stored: StoredModel): Promise<LoadedModel> {
    const known = this.#entries.get(stored.hash);
    if (known) {
      this.#hits += 1;
      this.#entries.delete(stored.hash);
      this.#entries.set(stored.hash, known);
      const model = this.#wanted(known, hold);
      // Whoever waits now gives nothing back, which may be what the line waited for.
      this.#advance();
      return model;
    }
    const { loaders, options, budget } = this.#parts;
    const loader = loaders.get(stored.type);
    if (!loader)
      throw new Error(
        `no loader for models of type '${stored.type}'; there are some for ${[...loaders.keys()].join(', ')}`,
      );
    const bytes = loader.estimate(stored.folder, options);
    if (bytes > budget)
      throw new ModelMemoryError(
        `it takes about ${megabytes(bytes)}, and loaded models may take ${megabytes(budget)} (--model-memory) here`,
      );
    this.#misses += 1;
    const entry: Entry = {
      ...{ stored, bytes, holds: new Set(), refusals: new Map() },
      ...{ model: Promise.withResolvers(), state: 'waiting' },
    };
    // Who waits hears of a failure; it is no failure of the process when nobody does any more.
    entry.model.promise.catch(() => undefined);
    this.#entries.set(stored.hash, entry);
    this.#line.push(entry);
    const model = this.#wanted(entry, hold);
    this.#advance();
    return model;
  }

  #wanted(entry: Entry, hold: ModelHold): Promise<LoadedModel> {
    const { holds, state, model, refusals } = entry;
    holds.add(hold);
    if (state !== 'waiting') return model.promise;
    const refusal = refusals.get(hold) ?? Promise.withResolvers<never>();
    refusals.set(hold, refusal);
    refusal.promise.catch(() => undefined);
    return Promise.race([model.promise, refusal.promise]);
  }

  #release(hold: ModelHold): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.holds.delete(hold)) this.#left(entry, hold);
    }
    this.#advance();
  }

  /** Serves those in line for whom there is room, or can be. */
  #advance(): void {
    for (;;) {
      const [first] = this.#line;
      if (!first) return;
      const { budget, need, warn } = this.#parts;
      const room = makeRoom(first, {
        ...{ budget, usage: this.#usage, line: this.#line },
        kept: [...this.#entries.values()].filter(({ state }) => state !== 'waiting'),
        need: ({ stored }) => need(stored.hash),
      });
      if (room.kind === 'wait') return;
      if (room.kind === 'never') {
        first.refusals.get(room.hold)?.reject(room.error);
        first.holds.delete(room.hold);
        this.#left(first, room.hold);
        continue;
      }
      if (room.isOver)
        warn(`models that are in use wait for each other: one is loaded over the budget of ${megabytes(budget)}`);
      this.#line.shift();
      first.state = 'loading';
      this.#usage += first.bytes;
      for (const entry of room.leaving) void this.#unload(entry);
      void this.#fill(first);
      this.#highWaterMark = Math.max(this.#highWaterMark, this.#usage);
    }
  }

  async #fill(entry: Entry): Promise<void> {
    const { stored } = entry;
    try {
      // Whoever made them leave: until they have gone, their room is not there.
      await Promise.all(this.#leaving);
      const model = await this.#open(stored);
      entry.state = 'loaded';
      entry.model.resolve(model);
      this.#parts.onChange();
    } catch (error) {
      if (this.#entries.get(stored.hash) === entry) this.#drop(entry);
      entry.model.reject(error);
    }
    this.#advance();
  }

  async #open(stored: StoredModel): Promise<LoadedModel> {
    const { loaders, options } = this.#parts;
    const loader = loaders.get(stored.type) as ModelLoader;
    try {
      return await loader.load(stored, options);
    } catch (error) {
      // Once: files that are whole and do not load are at fault themselves.
      if (await stored.mend?.()) return loader.load(stored, options);
      throw error;
    }
  }

  async #unload(entry: Entry): Promise<void> {
    this.#drop(entry);
    this.#cleared += 1;
    this.#parts.onChange();
    const gone = this.#gone(entry);
    this.#leaving.add(gone);
    await gone;
    this.#leaving.delete(gone);
  }

  /** It is no fault of whoever comes next that one does not go as it should. */
  async #gone(entry: Entry): Promise<void> {
    try {
      await (await entry.model.promise.catch(() => undefined))?.release();
    } catch (error) {
      this.#parts.warn(`a model was not unloaded as it should be: ${(error as Error).message}`);
    }
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.stored.hash);
    this.#usage -= entry.bytes;
  }

  /** One that nobody waits for any more is not loaded. */
  #left(entry: Entry, hold: ModelHold): void {
    entry.refusals.delete(hold);
    if (entry.holds.size > 0 || entry.state !== 'waiting') return;
    this.#line.splice(this.#line.indexOf(entry), 1);
    this.#entries.delete(entry.stored.hash);
  }
}
