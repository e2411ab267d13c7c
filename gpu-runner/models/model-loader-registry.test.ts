import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TINY_DIFFUSION } from '../../test/support/onnx-fixtures.ts';
import { DiffusionModel } from './diffusion-model.ts';
import {
  type LoadedModel,
  ModelLoaderRegistry,
  type RegistryParts,
  type StoredModel,
} from './model-loader-registry.ts';

/** A model of so many bytes, which its folder says. */
const stored = (hash: string, bytes = 1, more: Partial<StoredModel> = {}): StoredModel => ({
  ...{ hash, type: 'test', folder: `/${bytes}/${hash}` },
  ...more,
});

interface Loads {
  registry: ModelLoaderRegistry;
  /** What happened, in order: `+a` a is loaded, `-a` it is released. */
  log: string[];
  warnings: string[];
}

function loads(
  parts: RegistryParts = {},
  before: (hash: string, time: number) => Promise<void> = async () => {},
): Loads {
  const log: string[] = [];
  const warnings: string[] = [];
  const times = new Map<string, number>();
  const load = async ({ hash }: StoredModel): Promise<LoadedModel> => {
    const time = (times.get(hash) ?? 0) + 1;
    times.set(hash, time);
    await before(hash, time);
    log.push(`+${hash}`);
    return { release: async () => void log.push(`-${hash}`) };
  };
  const loaders = new Map([['test', { estimate: (folder: string) => Number(folder.split('/')[1]), load }]]);
  const warn = (message: string) => void warnings.push(message);
  return { registry: new ModelLoaderRegistry({ loaders, warn, ...parts }), log, warnings };
}

/** Everything that can happen without a timer has happened. */
const settled = async () => {
  for (let turns = 0; turns < 5; turns++) await turn();
};

describe('the model loader registry', () => {
  it('loads a model once, also for callers that ask while it loads', async () => {
    const { registry, log } = loads();
    const [one, other] = [registry.hold(), registry.hold()];
    const [a, b] = await Promise.all([one.load(stored('a')), other.load(stored('a'))]);
    expect(a).toBe(b);
    expect(await one.load(stored('a'))).toBe(a);
    await other.load(stored('b'));
    expect(log).toEqual(['+a', '+b']);
    expect(registry.loaded).toEqual(['b', 'a']);
    expect(registry.find('a')).toEqual(stored('a'));
    expect(registry.figures()).toMatchObject({ hits: 2, misses: 2, models_cached: 2, total_usage: 2 });
  });

  it('tries again after a load that failed', async () => {
    const { registry } = loads({}, async (_, time) => {
      if (time === 1) throw new Error('broken file');
    });
    const hold = registry.hold();
    await expect(hold.load(stored('a'))).rejects.toThrow('broken file');
    expect([registry.loaded, registry.figures().total_usage]).toEqual([[], 0]);
    await hold.load(stored('a'));
  });

  it('asks once for files that do not load to be mended', async () => {
    const { registry } = loads({}, async (_, time) => {
      if (time <= 2) throw new Error('broken file');
    });
    const asked: string[] = [];
    const mend = async () => asked.push('mend') > 0;
    await expect(registry.hold().load(stored('a', 1, { mend }))).rejects.toThrow('broken file');
    expect(asked).toEqual(['mend']);
    await registry.hold().load(stored('a', 1, { mend }));
    const whole = { mend: async () => false };
    const { registry: other, log } = loads({}, async () => Promise.reject(new Error('bad operator')));
    await expect(other.hold().load(stored('b', 1, whole))).rejects.toThrow('bad operator');
    expect(log).toEqual([]);
  });

  it('hands a model out only as what it is, and says which types there are', async () => {
    const registry = new ModelLoaderRegistry();
    const hold = registry.hold();
    const diffusion = { hash: 'd', type: 'diffusion', folder: TINY_DIFFUSION };
    expect(await hold.diffusion(diffusion)).toBeInstanceOf(DiffusionModel);
    await expect(hold.onnx(diffusion)).rejects.toThrow(/'diffusion' is not a single ONNX model/);
    await expect(hold.load({ ...diffusion, hash: 'x', type: 'lora' })).rejects.toThrow(
      "no loader for models of type 'lora'; there are some for diffusion, onnx",
    );
    hold.release();
    await expect(hold.diffusion(diffusion)).rejects.toThrow(/is over/);
    await registry.releaseAll();
    expect(registry.loaded).toEqual([]);
  });
});

describe('the budget for models', () => {
  const use = async (registry: ModelLoaderRegistry, model: StoredModel) => {
    const hold = registry.hold();
    await hold.load(model);
    hold.release();
  };

  it('unloads what was used least recently, and no more than it has to', async () => {
    const { registry, log } = loads({ budget: 5 });
    for (const hash of ['a', 'b', 'a']) await use(registry, stored(hash, 2));
    await use(registry, stored('c', 1));
    await use(registry, stored('d', 2));
    expect(log).toEqual(['+a', '+b', '+c', '-b', '+d']);
    expect(registry.loaded).toEqual(['d', 'c', 'a']);
    expect(registry.figures()).toEqual({
      ...{ high_water_mark: 5, cache_size: 5, total_usage: 5 },
      ...{ hits: 1, misses: 4, models_cached: 3, models_cleared: 1 },
    });
  });

  it('unloads what no item needs before what one does', async () => {
    const { registry, log } = loads({ budget: 2, need: (hash) => (hash === 'a' ? 1 : 0) });
    for (const hash of ['a', 'b', 'c']) await use(registry, stored(hash));
    expect(log).toEqual(['+a', '+b', '-b', '+c']);
    await use(registry, stored('d', 2));
    expect(registry.loaded).toEqual(['d']);
  });

  it('refuses a model that is larger than all of it, with both figures and the flag', async () => {
    const { registry } = loads({ budget: 2 ** 30 });
    await use(registry, stored('a'));
    await expect(registry.hold().load(stored('huge', 3 * 2 ** 29))).rejects.toThrow(
      'it takes about 1536 MB, and loaded models may take 1024 MB (--model-memory) here',
    );
    expect(registry.loaded).toEqual(['a']);
  });

  it('never unloads what an invocation holds: who wants more waits until it ends', async () => {
    const { registry, log } = loads({ budget: 2 });
    const [one, other, third] = [registry.hold(), registry.hold(), registry.hold()];
    await Promise.all([one.load(stored('a')), other.load(stored('b'))]);
    const waiting = third.load(stored('c'));
    await settled();
    expect(log).toEqual(['+a', '+b']);
    other.release();
    await waiting;
    expect(log).toEqual(['+a', '+b', '-b', '+c']);
  });

  it('serves those who wait in the order in which they asked, so that a large one has its turn', async () => {
    const { registry, log } = loads({ budget: 3 });
    const [one, large, small] = [registry.hold(), registry.hold(), registry.hold()];
    await one.load(stored('a', 2));
    const loading = [large.load(stored('large', 3)), small.load(stored('small', 1))];
    await settled();
    expect(log).toEqual(['+a']);
    one.release();
    await loading[0];
    large.release();
    await loading[1];
    expect(log).toEqual(['+a', '-a', '+large', '-large', '+small']);
  });

  it('two that each hold one model and want another: the first goes over the budget, then the second goes on', async () => {
    const { registry, log, warnings } = loads({ budget: 2 });
    const [one, other] = [registry.hold(), registry.hold()];
    await Promise.all([one.load(stored('a')), other.load(stored('b'))]);
    const first = one.load(stored('c'));
    await settled();
    // The other may still end.
    expect(log).toEqual(['+a', '+b']);
    const second = other.load(stored('d'));
    await first;
    await settled();
    expect([log, warnings.length]).toEqual([['+a', '+b', '+c'], 1]);
    expect(registry.figures().high_water_mark).toBe(3);
    one.release();
    await second;
    expect(log).toEqual(['+a', '+b', '+c', '-a', '-c', '+d']);
    expect(registry.figures().total_usage).toBe(2);
  });

  it('a node that wants more at the same time than there may be is told so', async () => {
    const { registry } = loads({ budget: 3 * 2 ** 20 });
    const hold = registry.hold();
    await hold.load(stored('a', 2 * 2 ** 20));
    await expect(hold.load(stored('b', 2 * 2 ** 20))).rejects.toThrow(
      'with the other models of its node it takes about 4 MB, and loaded models may take 3 MB (--model-memory) here',
    );
  });

  it('who holds what another one waits for, and asks for the same model, is told so and leaves it to the other', async () => {
    const { registry, log, warnings } = loads({ budget: 3 * 2 ** 20 });
    const [one, other] = [registry.hold(), registry.hold()];
    await one.load(stored('a', 2 * 2 ** 20));
    const waiting = other.load(stored('b', 2 * 2 ** 20));
    await settled();
    await expect(one.load(stored('b', 2 * 2 ** 20))).rejects.toThrow(/with the other models of its node .* 4 MB/);
    expect(log).toEqual(['+a']);
    one.release();
    await waiting;
    expect([log, warnings]).toEqual([['+a', '-a', '+b'], []]);
  });

  it('all that hold something wait for the same model: it is loaded over the budget', async () => {
    const { registry, log, warnings } = loads({ budget: 3 });
    const [one, other, third] = [registry.hold(), registry.hold(), registry.hold()];
    await Promise.all([one.load(stored('a')), other.load(stored('b', 2))]);
    const loading = [third.load(stored('c')), one.load(stored('c'))];
    await settled();
    expect(log).toEqual(['+a', '+b']);
    // From now on nobody is left who could end.
    loading.push(other.load(stored('c')));
    await Promise.all(loading);
    expect([log, warnings.length]).toEqual([['+a', '+b', '+c'], 1]);
  });

  it('what is leaving takes its memory until it has gone, also for a load that made nothing leave', async () => {
    const gate = Promise.withResolvers<void>();
    const warnings: string[] = [];
    const log: string[] = [];
    const load = async ({ hash }: StoredModel): Promise<LoadedModel> => {
      log.push(`+${hash}`);
      const release = async () => {
        await gate.promise;
        log.push(`-${hash}`);
        throw new Error('driver');
      };
      return { release };
    };
    const loaders = new Map([['test', { estimate: (folder: string) => Number(folder.split('/')[1]), load }]]);
    const registry = new ModelLoaderRegistry({ loaders, budget: 3, warn: (message) => void warnings.push(message) });
    await use(registry, stored('a', 3));
    const loading = [registry.hold().load(stored('b', 1)), registry.hold().load(stored('c', 1))];
    await settled();
    expect(log).toEqual(['+a']);
    gate.resolve();
    await Promise.all(loading);
    expect([log, warnings]).toEqual([['+a', '-a', '+b', '+c'], ['a model was not unloaded as it should be: driver']]);
  });

  it('who is canceled leaves the load to the others, and the line to those behind', async () => {
    const gate = Promise.withResolvers<void>();
    const { registry, log } = loads({ budget: 1 }, (hash) => (hash === 'a' ? gate.promise : Promise.resolve()));
    const [one, other, third, fourth] = [registry.hold(), registry.hold(), registry.hold(), registry.hold()];
    const loading = [one.load(stored('a')), other.load(stored('a'))];
    void third.load(stored('b'));
    const last = fourth.load(stored('c'));
    one.release();
    third.release();
    gate.resolve();
    await Promise.all(loading);
    expect(log).toEqual(['+a']);
    other.release();
    await last;
    expect(log).toEqual(['+a', '-a', '+c']);
  });

  it('a load that fails gives its room to the next', async () => {
    const { registry, log } = loads({ budget: 1 }, async (hash) => {
      if (hash === 'a') throw new Error('broken file');
    });
    const [one, other] = [registry.hold(), registry.hold()];
    const results = await Promise.allSettled([one.load(stored('a')), other.load(stored('b'))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect([log, registry.figures().total_usage]).toEqual([['+b'], 1]);
  });
});
