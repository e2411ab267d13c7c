import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { catalogueOf, nodeType } from '../testing/node-types.ts';
import { type Run, runSession, type Trace } from '../testing/run-session.ts';
import { Session } from './session.ts';

const integer = { type: 'integer', schema: { default: 0 } };
const live = { type: 'latents|null', required: false };
const inputs = { a: integer, b: integer, c: integer, x: live, y: live };
const TYPES = ['alpha', 'beta', 'gamma', 'delta'];
const CATALOGUE = catalogueOf(...TYPES.map((type) => nodeType(type, inputs, { value: 'integer', latents: 'latents' })));

/** Sums everything that comes in, so that a wrong or missing input shows in every result after it. */
const run: Run = ({ inputs: { a, b, c, x, y } }) => {
  const sum = [a, b, c, ...[x, y].map((each) => (each as { sum: number } | undefined)?.sum ?? 0)].reduce<number>(
    (total, each) => (total * 3 + Number(each)) % 1_000_003,
    1,
  );
  return { value: sum, latents: { shape: [sum], sum } };
};

const randomNodes = fc.array(
  fc.record({
    type: fc.nat(TYPES.length - 1),
    // For each of the five inputs: how far back its source lies among the nodes before it; 0 for none.
    sources: fc.array(fc.nat(6), { minLength: 5, maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 14 },
);

/** A random graph without cycles, its nodes submitted in a random order: the seeds' order decides. */
const randomGraph = fc
  .tuple(randomNodes, fc.array(fc.nat(), { minLength: 14, maxLength: 14 }))
  .map(([nodes, seeds]) => {
    const order = nodes.map((_, index) => index).sort((a, b) => (seeds[a] ?? 0) - (seeds[b] ?? 0));
    const entries = order.map((index) => [`n${index}`, { type: TYPES[nodes[index]!.type]!, a: index }] as const);
    const edges = nodes.flatMap(({ sources }, index) =>
      sources.flatMap((back, at) => {
        if (back === 0 || back > index) return [];
        const field = 'abcxy'[at]!;
        return [`n${index - back}.${at < 3 ? 'value' : 'latents'} > n${index}.${field}`];
      }),
    );
    return pinnedOf(graphOf(Object.fromEntries(entries), ...edges), CATALOGUE);
  });

const ephemeralParents = (graph: PinnedGraph, id: string): string[] =>
  graph.edges.flatMap(({ source, destination }) =>
    destination.node_id === id && source.field === 'latents' ? [source.node_id] : [],
  );

/** The decided order, worked out from the sentence and nothing else. */
function expectedOrder(graph: PinnedGraph): string[] {
  const done: string[] = [];
  const classes: string[] = [];
  let active: string | undefined;
  for (;;) {
    const ready = graph.nodes.filter(
      ({ id }) =>
        !done.includes(id) &&
        graph.edges.every(({ source, destination }) => destination.node_id !== id || done.includes(source.node_id)),
    );
    for (const { type } of ready) if (!classes.includes(type)) classes.push(type);
    if (!ready.some(({ type }) => type === active))
      active = classes.find((type) => ready.some((node) => node.type === type));
    const next = ready.find(({ type }) => type === active);
    if (next === undefined) return done;
    done.push(next.id);
  }
}

/** What a session resumed after `done` has to compute again: what the rest takes live, and what that takes live. */
function expectedRecomputed(graph: PinnedGraph, done: readonly string[]): Set<string> {
  const pending = graph.nodes.map(({ id }) => id).filter((id) => !done.includes(id));
  const needed = new Set<string>();
  const visit = (id: string) => {
    for (const parent of ephemeralParents(graph, id)) {
      if (!done.includes(parent) || needed.has(parent)) continue;
      needed.add(parent);
      visit(parent);
    }
  };
  pending.forEach(visit);
  return needed;
}

const newSession = (graph: PinnedGraph) => new Session(graph, [], CATALOGUE);
const fresh = ({ order }: Trace) => order.filter((id) => !id.endsWith('!'));
const again = ({ order }: Trace) => order.filter((id) => id.endsWith('!')).map((id) => id.slice(0, -1));

describe('sessions of random graphs', () => {
  test('[X58] run every invocation once, parents before children, in the decided order', () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        const session = newSession(graph);
        const { order, end } = runSession(session, run);
        expect(end).toBe('complete');
        expect([...order].sort()).toEqual(graph.nodes.map(({ id }) => id).sort());
        for (const { source, destination } of graph.edges)
          expect(order.indexOf(source.node_id)).toBeLessThan(order.indexOf(destination.node_id));
        expect(order).toEqual(expectedOrder(graph));
        expect(session.history).toEqual(order);
        expect([...session.results.keys()]).toEqual(order);
      }),
      { numRuns: 300 },
    );
  });

  test('[X55] replayed through JSON at every prefix equal the uninterrupted run, and recompute only what is needed', () => {
    fc.assert(
      fc.property(randomGraph, (graph) => {
        const whole = newSession(graph);
        const { order } = runSession(whole, run);
        const records = [...whole.results].map(([invocation_id, result]) => ({ invocation_id, result }));
        for (let count = 0; count <= order.length; count++) {
          const stored = JSON.parse(JSON.stringify({ graph, records: records.slice(0, count) }));
          const session = newSession(stored.graph);
          session.restore(stored.records);
          const done = order.slice(0, count);
          expect([session.history, session.resultCount, [...session.executed]]).toEqual([done, count, done]);
          const trace = runSession(session, run);
          expect(trace.end).toBe('complete');
          expect(fresh(trace)).toEqual(order.slice(count));
          expect(again(trace).sort()).toEqual([...expectedRecomputed(graph, done)].sort());
          expect([...session.results]).toEqual([...whole.results]);
          expect(session.history).toEqual(order);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('interrupted again and again, each time by another runner, still give the same', () => {
    fc.assert(
      fc.property(randomGraph, fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 20 }), (graph, pauses) => {
        const whole = newSession(graph);
        runSession(whole, run);
        let records: { invocation_id: string; result: { type: string } }[] = [];
        for (const pause of [...pauses, Number.POSITIVE_INFINITY]) {
          const session = newSession(graph);
          session.restore(JSON.parse(JSON.stringify(records)));
          runSession(session, run, pause);
          records = [...session.results].map(([invocation_id, result]) => ({ invocation_id, result }));
        }
        expect(records).toEqual([...whole.results].map(([invocation_id, result]) => ({ invocation_id, result })));
      }),
    );
  });
});
