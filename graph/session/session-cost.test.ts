/** Small graphs that would cost much: in spaces that nothing runs in, in matching, and in what an `if` holds back. */
import { expect, test } from 'vitest';
import { SESSION_MATCHES_MAX, SESSION_PATHS_MAX } from '../../contract/limits.ts';
import { graphOf, sessionOf } from '../testing/graph-builder.ts';
import type { Nodes } from '../testing/run-graph.ts';
import type { Session } from './session.ts';

/** Gives a list without being run. */
const listed = (length: number, value: unknown = true) => ({
  type: 'if',
  condition: true,
  true_input: new Array(length).fill(value),
});
const iterate = { type: 'iterate' };
const collect = { type: 'collect' };
const choice = { type: 'if' };

/** Ends at all only if it costs what it should: each of these once took minutes, or all memory. */
const started = (nodes: Nodes, edges: string[]): Session => sessionOf(graphOf(nodes, ...edges));

test('iterations over nothing inside pairs of long ones make no pair', () => {
  const nodes: Nodes = { long: listed(500), none: listed(0), later: choice, z: iterate };
  const edges = ['none.value > later.false_input', 'later.value > z.collection'];
  for (let i = 0; i < 12; i++) {
    nodes[`a${i}`] = iterate;
    edges.push(`long.value > a${i}.collection`);
    for (let j = 0; j < i; j++) {
      nodes[`n${i}-${j}`] = choice;
      edges.push(`a${i}.item > n${i}-${j}.condition`, `a${j}.item > n${i}-${j}.true_input`);
      edges.push(`z.item > n${i}-${j}.false_input`);
    }
  }
  expect(started(nodes, edges).next()).toMatchObject({
    kind: 'input_error',
    message: expect.stringContaining(`over ${SESSION_PATHS_MAX} iteration paths`),
  });
});

test('a long iteration is not matched with hundreds of others', () => {
  const nodes: Nodes = { long: listed(30_000), none: listed(0), a: iterate };
  const edges = ['long.value > a.collection'];
  for (let i = 0; i < 400; i++) {
    nodes[`b${i}`] = iterate;
    nodes[`n${i}`] = choice;
    edges.push(`none.value > b${i}.collection`, `a.item > n${i}.true_input`, `b${i}.item > n${i}.false_input`);
  }
  expect(started(nodes, edges).next()).toMatchObject({
    kind: 'input_error',
    message: expect.stringContaining(`over ${SESSION_MATCHES_MAX} paths to match`),
  });
});

test.each([true, false])('an `if` that runs very often holds back thousands of nodes: %s', (chosen) => {
  const nodes: Nodes = { many: listed(30_000, chosen), three: listed(3), one: listed(1), a: iterate, b: iterate };
  nodes.f = choice;
  nodes.c = collect;
  const edges = ['many.value > a.collection', 'three.value > b.collection'];
  edges.push('a.item > f.condition', 'b.item > f.false_input', 'c.collection > f.true_input');
  for (let i = 0; i < 4_500; i++) {
    nodes[`x${i}`] = collect;
    edges.push(`one.value > x${i}.item`, `x${i}.collection > c.item`);
  }
  const session = started(nodes, edges);
  expect(session.isComplete).toBe(true);
  expect(session.skipped.size).toBe(chosen ? 0 : 4_502);
});
