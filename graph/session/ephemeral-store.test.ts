import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Graph } from '../../contract/graph/graph.ts';
import { graphOf, sessionOf } from '../testing/graph-builder.ts';
import { catalogueOf, nodeType, TEST_CATALOGUE } from '../testing/node-types.ts';
import { runSession } from '../testing/run-session.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const optional = (type: string) => ({ type: `${type}|null`, required: false });
const CATALOGUE = catalogueOf(
  ...Object.values(TEST_CATALOGUE.node_types).filter(({ control }) => control !== undefined),
  nodeType('numbers', {}, { list: 'integer[]' }),
  nodeType('noise', { seed: { ...optional('integer') } }, { live: 'latents' }),
  nodeType('denoise', { a: optional('latents'), b: optional('latents') }, { live: 'latents' }),
  nodeType('decode', { live: optional('latents') }, { image: 'image' }),
  nodeType('decode_all', { lives: { type: 'latents[]' } }, { image: 'image' }),
);

/** Ids of what still holds its live value, after each invocation in turn. */
async function heldAfterEach(graph: Graph): Promise<[id: string, held: string][]> {
  const made = new Map<string, WeakRef<object>>();
  const session = sessionOf(graph, [], CATALOGUE);
  const seen: [string, string][] = [];
  for (;;) {
    const { order } = runSession(
      session,
      ({ id }) => {
        const live = { shape: [1] };
        if (!id.startsWith('i')) made.set(id, new WeakRef(live));
        return { live, list: [0, 1], image: { image_name: id } };
      },
      1,
    );
    const [id] = order;
    if (id === undefined) return seen;
    // A weak reference is kept until the turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const held = [...made].flatMap(([name, reference]) => (reference.deref() ? [name] : []));
    seen.push([id, held.join(' ')]);
  }
}

test('a live value is let go when the last input has taken it, or when nothing ever will', async () => {
  const graph = graphOf(
    { n: { type: 'noise' }, d: { type: 'denoise' }, e: { type: 'denoise' }, i: { type: 'decode' } },
    'n.live > d.a',
    'n.live > d.b',
    'n.live > e.a',
    'd.live > i.live',
  );
  expect(await heldAfterEach(graph)).toEqual([
    ['n', 'n'],
    ['d', 'n d'],
    ['e', 'd'],
    ['i', ''],
  ]);
});

test('in an iteration each copy is let go by itself, and what is gathered when all behind it have run', async () => {
  const graph = graphOf(
    {
      l: { type: 'numbers' },
      it: { type: 'iterate' },
      n: { type: 'noise' },
      d: { type: 'denoise' },
      c: { type: 'collect' },
      i: { type: 'decode_all' },
    },
    'l.list > it.collection',
    'it.item > n.seed',
    'n.live > d.a',
    'd.live > c.item',
    'c.collection > i.lives',
  );
  expect((await heldAfterEach(graph)).slice(1)).toEqual([
    ['n#0', 'n#0'],
    ['n#1', 'n#0 n#1'],
    ['d#0', 'n#1 d#0'],
    ['d#1', 'd#0 d#1'],
    ['i', ''],
  ]);
});

test('what a branch did not choose is never made, and what it passes on is kept for whom it reaches', async () => {
  const graph = graphOf(
    {
      n: { type: 'noise' },
      m: { type: 'noise' },
      f: { type: 'if', condition: true },
      d: { type: 'denoise' },
      i: { type: 'decode' },
    },
    'n.live > f.true_input',
    'm.live > f.false_input',
    'f.value > d.a',
    'f.value > i.live',
  );
  expect(await heldAfterEach(graph)).toEqual([
    ['n', 'n'],
    ['d', 'n'],
    ['i', ''],
  ]);
});
