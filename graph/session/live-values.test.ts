/** Live values (latents, tensors) on their way through control nodes. */
import { describe, expect, test } from 'vitest';
import { graphOf, sessionOf } from '../testing/graph-builder.ts';
import { collect, integers, iterate, type Nodes } from '../testing/run-graph.ts';
import { type Run, runNode, runSession } from '../testing/run-session.ts';
import { recordsOf } from '../testing/snapshot.ts';

/** One latent for each of three widths, gathered, gone through again, each into an image. */
const NODES: Nodes = {
  w: integers(8, 16, 24),
  i: iterate,
  n: { type: 'noise' },
  c: collect,
  k: iterate,
  img: { type: 'latents_to_image' },
};
const EDGES = [
  ...['w.collection > i.collection', 'i.item > n.width', 'n.noise > c.item', 'c.collection > k.collection'],
  'k.item > img.latents',
];

/** Noise that says whose it is. */
const run: Run = (invocation) =>
  invocation.type === 'noise'
    ? { noise: { shape: [1, 4], of: invocation.id }, width: invocation.inputs.width }
    : runNode(invocation);

const resumed = (nodes: Nodes, edges: string[], after: number) => {
  const first = sessionOf(graphOf(nodes, ...edges));
  runSession(first, run, after);
  const second = sessionOf(graphOf(nodes, ...edges));
  second.restore(recordsOf(first));
  return runSession(second, run);
};

describe('live values', () => {
  test('pass through iterate, collect and if as they are, and are recorded as marks', () => {
    const live = new Map<string, unknown>();
    const session = sessionOf(
      graphOf(
        { ...NODES, if: { type: 'if', condition: true }, out: { type: 'latents_to_image' } },
        ...EDGES,
        ...[...['k.item > if.true_input', 'if.value > out.latents']],
      ),
    );
    const { inputs } = runSession(session, (invocation) => {
      const output = run(invocation);
      if (invocation.type === 'noise') live.set(invocation.id, output.noise);
      return output;
    });
    for (const index of [0, 1, 2]) {
      expect(inputs[`img#${index}`]?.latents).toBe(live.get(`n#${index}`));
      expect(inputs[`out#${index}`]?.latents).toBe(live.get(`n#${index}`));
    }
    const mark = { ephemeral: 'latents', shape: [1, 4] };
    expect(session.derived().get('c')).toEqual({ type: 'collect_output', collection: [mark, mark, mark] });
    expect(session.derived().get('k#1')).toEqual({ type: 'iterate_output', item: mark, index: 1, total: 3 });
    expect(session.derived().get('if#2')).toEqual({ type: 'if_output', value: mark });
  });

  test('of a list are recorded one by one, so that its length is known later', () => {
    const nodes = { n: { type: 'noise' }, s: { type: 'split_latents' }, i: iterate, d: { type: 'denoise' } };
    const edges = ['n.noise > s.latents', 's.collection > i.collection', 'i.item > d.noise'];
    const session = sessionOf(graphOf(nodes, ...edges));
    runSession(session, run, 2);
    const mark = { ephemeral: expect.stringContaining('latents'), shape: [1, 4, 8, 8] };
    expect(session.results.get('s')).toEqual({ type: 'split_latents_output', collection: [mark, mark] });
    expect(resumed(nodes, edges, 2)).toMatchObject({ order: ['n!', 's!', 'd#0', 'd#1'], end: 'complete' });
    expect(resumed(nodes, edges, 3).order).toEqual(['n!', 's!', 'd#1']);
  });

  test('run again one by one where only one of a gathered list is needed', () => {
    expect(resumed(NODES, EDGES, 6)).toMatchObject({ order: ['n#2!', 'img#2'], end: 'complete' });
    expect(resumed(NODES, EDGES, 5).order).toEqual(['n#1!', 'img#1', 'n#2!', 'img#2']);
    expect(resumed(NODES, EDGES, 7)).toMatchObject({ order: [], end: 'complete' });
    const trace = resumed(NODES, EDGES, 5);
    expect(trace.inputs['img#2']).toEqual({ latents: { shape: [1, 4], of: 'n#2' } });
  });

  test('run again all of them where the whole list is needed, each once', () => {
    const nodes = { ...NODES, j: { type: 'join_latents' } };
    const { order, inputs } = resumed(nodes, [...EDGES, 'c.collection > j.collection'], 4);
    expect(order).toEqual(['n#0!', 'n#1!', 'n#2!', 'j', 'img#0', 'img#1', 'img#2']);
    expect(inputs.j).toEqual({ collection: [0, 1, 2].map((index) => ({ shape: [1, 4], of: `n#${index}` })) });
  });

  test('do not run again for how long their list is, nor in a branch that is not selected', () => {
    const nodes: Nodes = { ...NODES, t: { type: 'any' } };
    const edges = [...EDGES.slice(0, -1), 'k.total > t.value'];
    delete nodes.img;
    expect(resumed(nodes, edges, 4).order).toEqual(['t#0', 't#1', 't#2']);
    const branch = {
      n: { type: 'noise' },
      m: { type: 'noise' },
      w: { type: 'add' },
      if: { type: 'if' },
      o: { type: 'latents_to_image' },
    };
    const into = ['n.noise > if.true_input', 'm.noise > if.false_input', 'if.value > o.latents', 'n.width > w.a'];
    expect(resumed(branch, into, 3).order).toEqual(['m!', 'o']);
  });

  test('pass through thousands of control nodes, and are found behind them again', () => {
    const nodes: Nodes = { n: { type: 'noise' }, w: { type: 'add' }, out: { type: 'latents_to_image' } };
    const edges = ['n.width > w.a'];
    for (let at = 0; at < 4_900; at++) {
      nodes[`if${at}`] = { type: 'if', condition: true };
      edges.push(at === 0 ? 'n.noise > if0.true_input' : `if${at - 1}.value > if${at}.true_input`);
    }
    const { order, inputs, end } = resumed(nodes, [...edges, 'if4899.value > out.latents'], 2);
    expect([order, end]).toEqual([['n!', 'out'], 'complete']);
    expect(inputs.out).toEqual({ latents: { shape: [1, 4], of: 'n' } });
  });
});
