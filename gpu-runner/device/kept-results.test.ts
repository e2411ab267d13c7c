/** What a device need not run, over real sessions of small nodes. */
import { describe, expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import { CONTROL_NODE_TYPES } from '../../graph/control.ts';
import { Session } from '../../graph/session/session.ts';
import { graphOf, pinnedOf } from '../../graph/testing/graph-builder.ts';
import { nodeType, catalogueOf as testCatalogue } from '../../graph/testing/node-types.ts';
import type { Node } from '../nodes/node.ts';
import { InvocationCache, type KeptAsset } from './invocation-cache.ts';
import { KeptResults } from './kept-results.ts';
import { Task } from './task.ts';

const IMAGE = 'a'.repeat(64);

const number = (name: string, deterministic = true) =>
  nodeType(name, { a: { type: 'any', schema: { default: 0 } } }, { value: 'integer' }, { deterministic });
const TYPES = [
  number('slow'),
  number('quick'),
  nodeType('nest', { a: { type: 'any', schema: { default: 0 } } }, { value: 'any', image: 'image' }),
  nodeType('turn', { a: { type: 'any', schema: { default: 0 } } }, { collection: 'integer[]' }),
  number('chance', false),
  nodeType('make', { a: { type: 'any', schema: { default: 0 } } }, { live: 'latents', width: 'integer' }),
  nodeType('ring', {}, { live: 'latents' }),
  nodeType('pass', { live: { type: 'latents' } }, { live: 'latents' }),
  nodeType('draw', { live: { type: 'latents' }, all: { type: 'latents[]', required: false } }, { image: 'image' }),
  nodeType('list', { a: { type: 'any', schema: { default: 0 } } }, { collection: 'integer[]' }),
];
const CATALOGUE = testCatalogue(...CONTROL_NODE_TYPES, ...TYPES);

const nested = (depth: number): unknown => (depth === 0 ? [] : [nested(depth - 1)]);

/** What each node gives; every run of one is another object. */
const RUNS: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>> = {
  slow: ({ a }) => ({ value: Number(a) + 1 }),
  quick: ({ a }) => ({ value: Number(a) + 1 }),
  chance: ({ a }) => ({ value: Number(a) + 1 }),
  make: ({ a }) => ({ live: { shape: [1], data: new Float32Array([Number(a)]) }, width: 8 }),
  ring: () => {
    const live: Record<string, unknown> = { shape: [1] };
    return { live: Object.assign(live, { left: live, right: live }) };
  },
  pass: ({ live }) => ({ live }),
  draw: () => ({ image: { image_name: IMAGE } }),
  nest: ({ a }) => ({ value: nested(Number(a)), image: { image_name: IMAGE, more: nested(Number(a)) } }),
  // In its own input, which is its to change.
  turn: ({ a }) => ({ collection: (a as number[]).reverse() }),
  list: ({ a }) => ({ collection: [Number(a), 1] }),
};
const SECONDS: Record<string, number> = { quick: 0.000_01, make: 0.000_01, pass: 0.000_01 };

class Device {
  readonly memory: InvocationCache;
  /** Bytes at hand that nodes wrote. */
  readonly written = new Map<string, KeptAsset>([
    [IMAGE, { asset_name: IMAGE, content_type: 'image/png', bytes: new Uint8Array(3) }],
  ]);
  readonly again: string[] = [];
  readonly results: KeptResults;
  #tickets = 0;

  constructor(entries = 100) {
    this.memory = new InvocationCache(entries);
    const assets = {
      read: async () => Buffer.from('[7,8]'),
      written: (name: string) => this.written.get(name),
    };
    this.results = new KeptResults({ memory: this.memory, assets, catalogue: CATALOGUE });
  }

  /** Runs a session to its end. */
  async run(submitted: ReturnType<typeof graphOf>, over: Partial<Grant> = {}) {
    const graph = pinnedOf(submitted, CATALOGUE);
    const grant = {
      item_id: 1,
      fence: 1,
      token: 't',
      results: [],
      cache_scope: '0/user/ann',
      ...over,
    } as unknown as Grant;
    const task = new Task(++this.#tickets, grant);
    const session = new Session(graph, [], CATALOGUE);
    session.restore(grant.results);
    await this.results.open(task, graph, session);
    const ran: string[] = [];
    const keep: string[] = [];
    for (let step = session.next(); step.kind === 'invocation'; step = session.next()) {
      const { invocation } = step;
      if (invocation.offered) {
        session.take(invocation.id);
        continue;
      }
      const definition = CATALOGUE.node_types[invocation.type]!;
      const work = { task, invocation, node: { definition } as Node };
      const found = this.results.find(work);
      if (!found) ran.push(invocation.id);
      this.again.push(...(found?.assets.map(({ asset_name }) => asset_name) ?? []));
      const output = found?.output ?? RUNS[invocation.type]!(invocation.inputs);
      const seconds = found?.seconds ?? SECONDS[invocation.type] ?? 1;
      session.complete(invocation.id, output);
      if (this.results.given(work, { output, seconds, isFound: found !== undefined })) keep.push(invocation.id);
    }
    return { ran, keep, results: Object.fromEntries(session.results), isComplete: session.isComplete };
  }
}

const slow = (a: unknown, over = {}) => graphOf({ n: { type: 'slow', a, ...over } });

describe('the memory of a device', () => {
  test('[K163] gives what the same work gave, to the same users', async () => {
    const device = new Device();
    expect((await device.run(slow(1))).ran).toEqual(['n']);
    const again = await device.run(slow(1));
    expect([again.ran, again.results.n]).toEqual([[], { type: 'slow_output', value: 2 }]);
    expect((await device.run(slow(2))).ran).toEqual(['n']);
    expect((await device.run(slow({ x: 1, y: [2] }))).ran).toEqual(['n']);
    expect((await device.run(slow({ y: [2], x: 1 }))).ran).toEqual([]);
    expect((await device.run(slow(1), { cache_scope: '0/user/bob' })).ran).toEqual(['n']);
    expect((await device.run(slow(1), { cache_scope: '5/user/ann' })).ran).toEqual(['n']);
    expect((await device.run(slow(1), { cache_scope: undefined } as Partial<Grant>)).ran).toEqual(['n']);
  });

  test('[K162] has nothing when it has no entries', async () => {
    const device = new Device(0);
    await device.run(slow(1));
    expect((await device.run(slow(1))).ran).toEqual(['n']);
    expect(device.memory.status).toMatchObject({ size: 0, hits: 0, misses: 0 });
  });

  test('is not asked where a node says so, is not deterministic, or is quicker than asking', async () => {
    const device = new Device();
    for (const node of [{ type: 'slow', use_cache: false }, { type: 'chance' }, { type: 'quick' }]) {
      await device.run(graphOf({ n: node }));
      expect((await device.run(graphOf({ n: node }))).ran).toEqual(['n']);
    }
    expect(device.memory.status.size).toBe(0);
  });

  test('works in iterations, where inputs are what counts', async () => {
    const device = new Device();
    const graph = graphOf(
      { l: { type: 'list', a: 1 }, it: { type: 'iterate' }, n: { type: 'slow' } },
      'l.collection > it.collection',
      'it.item > n.a',
    );
    expect((await device.run(graph)).ran).toEqual(['l', 'n#0']);
    expect((await device.run(graph)).ran).toEqual([]);
  });

  test('names a live value by the work that made it, through nodes and lists', async () => {
    const device = new Device();
    const graph = (a: number) =>
      graphOf(
        { m: { type: 'make', a }, p: { type: 'pass' }, c: { type: 'collect' }, d: { type: 'draw' } },
        ...['m.live > p.live', 'p.live > d.live', 'm.live > c.item', 'p.live > c.item', 'c.collection > d.all'],
      );
    expect((await device.run(graph(1))).ran).toEqual(['m', 'p', 'd']);
    expect((await device.run(graph(1))).ran).toEqual([]);
    expect((await device.run(graph(2))).ran).toEqual(['m', 'p', 'd']);
    // Made by a node that must run, it has its name nevertheless.
    const strict = graphOf({ m: { type: 'make', a: 1, use_cache: false }, d: { type: 'draw' } }, 'm.live > d.live');
    await device.run(strict);
    expect((await device.run(strict)).ran).toEqual(['m']);
  });

  test('cannot name what nobody made here: after a resume it is made, and then it can', async () => {
    const device = new Device();
    const graph = graphOf({ m: { type: 'make', a: 1 }, d: { type: 'draw' } }, 'm.live > d.live');
    const { results } = await device.run(graph);
    const recorded = [{ invocation_id: 'm', result: results.m! }];
    const other = new Device();
    expect((await other.run(graph, { results: recorded })).ran).toEqual(['m', 'd']);
    const counted = { ...device.memory.status };
    expect((await device.run(graph, { results: recorded })).ran).toEqual([]);
    // What is only made again is not counted.
    expect(device.memory.status).toMatchObject({ hits: counted.hits + 1, misses: counted.misses });
  });

  test('hands out copies: who changes one changes nothing', async () => {
    const device = new Device();
    const graph = graphOf({ l: { type: 'list', a: 5 } });
    await device.run(graph);
    const found = await device.run(graph);
    (found.results.l as unknown as { collection: number[] }).collection.push(9);
    expect((await device.run(graph)).results.l).toEqual({ type: 'list_output', collection: [5, 1] });
  });

  test('names what came in, whatever the node made of it, and however slow a quick one is for once', async () => {
    const device = new Device();
    const turn = (a: number[]) => graphOf({ t: { type: 'turn', a } });
    try {
      for (const seconds of [0.000_01, 1]) {
        SECONDS.turn = seconds;
        expect((await device.run(turn([1, 2]))).results.t).toMatchObject({ collection: [2, 1] });
      }
    } finally {
      delete SECONDS.turn;
    }
    expect((await device.run(turn([2, 1]))).results.t).toMatchObject({ collection: [1, 2] });
    expect((await device.run(turn([1, 2]))).results.t).toMatchObject({ collection: [2, 1] });
  });

  test('what is nested too deep to be copied is recorded and runs again, as it would without a memory', async () => {
    const device = new Device();
    for (const depth of [30, 31, 32, 40]) {
      const graph = graphOf({ n: { type: 'nest', a: depth } });
      const { results } = await device.run(graph);
      expect((await device.run(graph)).results).toEqual(results);
    }
  });

  test('a live value may be in itself: nobody walks through it', async () => {
    const device = new Device();
    const graph = graphOf({ r: { type: 'ring' }, d: { type: 'draw' } }, 'r.live > d.live');
    expect((await device.run(graph)).keep).toEqual(['r', 'd']);
    expect((await device.run(graph)).ran).toEqual([]);
  });

  test('[K167] stores the assets of a hit again, and has no hit whose assets are not at hand', async () => {
    const device = new Device();
    const graph = graphOf({ m: { type: 'make' }, d: { type: 'draw' } }, 'm.live > d.live');
    await device.run(graph);
    expect(device.again).toEqual([]);
    await device.run(graph);
    expect(device.again).toEqual([IMAGE]);
    device.memory.forget(IMAGE);
    expect((await device.run(graph)).ran).toEqual(['d']);
    const poor = new Device();
    poor.written.clear();
    await poor.run(graph);
    expect((await poor.run(graph)).ran).toEqual(['d']);
  });
});

describe('what the queue should keep', () => {
  test('is what took time, with the live values that it alone stands for', async () => {
    const device = new Device();
    const graph = graphOf(
      { q: { type: 'quick' }, s: { type: 'slow' }, m: { type: 'make' }, d: { type: 'draw' } },
      'm.live > d.live',
    );
    expect((await device.run(graph)).keep).toEqual(['s', 'd']);
    const whole = SECONDS.make;
    SECONDS.make = 0.2;
    SECONDS.draw = 0.001;
    try {
      expect((await new Device().run(graph)).keep).toEqual(['s', 'm', 'd']);
    } finally {
      SECONDS.make = whole!;
      delete SECONDS.draw;
    }
  });

  test('is a mark that spares a model, however quick its node was', async () => {
    const model = { key: 'm', hash: 'h', name: 'm' };
    expect((await new Device().run(graphOf({ m: { type: 'make', a: model } }))).keep).toEqual(['m']);
  });

  test('is nothing behind chance or an iteration, nor what must run', async () => {
    const graph = graphOf(
      {
        ...{ c: { type: 'chance' }, s: { type: 'slow' }, l: { type: 'list' }, it: { type: 'iterate' } },
        ...{
          n: { type: 'slow' },
          all: { type: 'collect' },
          e: { type: 'slow' },
          u: { type: 'slow', use_cache: false },
        },
      },
      ...[
        'c.value > s.a',
        'l.collection > it.collection',
        'it.item > n.a',
        'n.value > all.item',
        'all.collection > e.a',
      ],
    );
    expect((await new Device().run(graph)).keep).toEqual(['l']);
  });
});

test('what the queue brings is taken, values that it keeps as assets included', async () => {
  const device = new Device(0);
  const graph = graphOf({ l: { type: 'list', a: 5 }, n: { type: 'slow' } }, 'l.collection > n.a');
  const stored = { asset_name: 'b'.repeat(64), content_type: 'application/json', stored: 'integer[]', length: 2 };
  const cached = [{ invocation_id: 'l', result: { type: 'list_output', collection: stored } }];
  const { ran, results } = await device.run(graph, { cached });
  expect(ran).toEqual(['n']);
  expect(results.l).toEqual({ type: 'list_output', collection: [7, 8] });
});
