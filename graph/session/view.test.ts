import { describe, expect, test } from 'vitest';
import { SessionView } from '../../contract/queue/item.ts';
import { graphOf, pinnedOf } from '../testing/graph-builder.ts';
import { TEST_CATALOGUE } from '../testing/node-types.ts';
import { redactedSession, sessionView, type ViewedRecord } from './view.ts';

const GRAPH = pinnedOf(
  graphOf(
    { a: { type: 'integer', value: 1 }, b: { type: 'add', b: 2 }, c: { type: 'add' } },
    'a.value > b.a',
    'b.value > c.a',
  ),
);
const VALUES = [{ node_path: 'a', field_name: 'value', value: 5 }];

const completed = (id: string, value: number): ViewedRecord => ({
  invocation_id: id,
  invocation_source_id: id,
  status: 'completed',
  result: { type: 'integer_output', value },
  error: null,
});
const failed = (id: string): ViewedRecord => ({
  invocation_id: id,
  invocation_source_id: id,
  status: 'failed',
  result: null,
  error: { error_type: 'ValueError', error_message: 'no' },
});

describe('sessionView', () => {
  test("shows InvokeAI's keys, with the item's substitutions", () => {
    const view = sessionView('s1', GRAPH, VALUES, [completed('a', 5), failed('b')], TEST_CATALOGUE);
    expect(SessionView.parse(view)).toEqual(view);
    expect(view).toMatchObject({
      id: 's1',
      graph: { id: 's1', nodes: { a: { value: 5 }, b: { b: 2 } }, edges: GRAPH.edges },
      executed: ['a'],
      executed_history: ['a'],
      results: { a: { type: 'integer_output', value: 5 } },
      errors: { b: 'ValueError: no' },
      prepared_source_mapping: { a: 'a', b: 'b', c: 'c' },
      source_prepared_mapping: { a: ['a'], b: ['b'], c: ['c'] },
      prepared_iteration_paths: { a: [], b: [], c: [] },
      indegree: { a: 0, b: 0, c: 1 },
    });
    expect(view?.execution_graph).toEqual(view?.graph);
    expect(GRAPH.nodes[0]).toMatchObject({ value: 1 });
  });

  test('shows iterations: every invocation with its path, and what the control nodes gave', () => {
    const graph = pinnedOf(
      graphOf(
        {
          r: { type: 'range', stop: 2 },
          it: { type: 'iterate' },
          b: { type: 'add', b: 2 },
          c: { type: 'collect' },
          z: { type: 'integers' },
        },
        'r.collection > it.collection',
        'it.item > b.a',
        'b.value > c.item',
        'c.collection > z.collection',
      ),
    );
    const list: ViewedRecord = { ...completed('r', 0), result: { type: 'range_output', collection: [0, 1] } };
    const halfway = sessionView('s1', graph, [], [list, completed('b#0', 2)], TEST_CATALOGUE);
    expect(halfway).toMatchObject({
      executed: ['r', 'it', 'it#0', 'it#1', 'b#0'],
      executed_history: ['r', 'it'],
      source_prepared_mapping: { r: ['r'], it: ['it#0', 'it#1'], b: ['b#0', 'b#1'], c: ['c'], z: ['z'] },
      prepared_source_mapping: { 'it#1': 'it', 'b#1': 'b', c: 'c' },
      prepared_iteration_paths: { r: [], 'b#1': [1], c: [] },
      indegree: { r: 0, 'b#1': 0, c: 1, z: 1 },
      results: { 'it#1': { type: 'iterate_output', item: 1, index: 1, total: 2 }, 'b#0': { value: 2 } },
      execution_graph: {
        nodes: { 'b#1': { id: 'b#1', type: 'add', b: 2 } },
        edges: [
          { source: { node_id: 'r', field: 'collection' }, destination: { node_id: 'it#0', field: 'collection' } },
          { source: { node_id: 'r', field: 'collection' }, destination: { node_id: 'it#1', field: 'collection' } },
          { source: { node_id: 'it#0', field: 'item' }, destination: { node_id: 'b#0', field: 'a' } },
          { source: { node_id: 'it#1', field: 'item' }, destination: { node_id: 'b#1', field: 'a' } },
          { source: { node_id: 'b#0', field: 'value' }, destination: { node_id: 'c', field: 'item' } },
          { source: { node_id: 'b#1', field: 'value' }, destination: { node_id: 'c', field: 'item' } },
          { source: { node_id: 'c', field: 'collection' }, destination: { node_id: 'z', field: 'collection' } },
        ],
      },
    });
    const whole = sessionView('s1', graph, [], [list, completed('b#0', 2), completed('b#1', 3)], TEST_CATALOGUE);
    expect(whole).toMatchObject({ executed_history: ['r', 'it', 'b', 'c'], results: { c: { collection: [2, 3] } } });
  });

  test('is left out when a short list makes very many invocations', () => {
    const many = graphOf(
      { r: { type: 'range', stop: 3 }, it: { type: 'iterate' }, a: { type: 'add' } },
      'r.collection > it.collection',
      'it.item > a.a',
    );
    const collection = Array.from({ length: 50_000 }, () => 0);
    const list: ViewedRecord = { ...completed('r', 0), result: { type: 'range_output', collection } };
    expect(sessionView('s1', pinnedOf(many), [], [list], TEST_CATALOGUE)).toBeUndefined();
  });

  test.each([
    [60, false],
    [80, true],
  ])('is left out when a long text would stand in %d invocations: %s', (times, isLeftOut) => {
    const graph = graphOf(
      {
        l: { type: 'if', condition: true, true_input: new Array(times).fill(true) },
        it: { type: 'iterate' },
        x: { type: 'if', true_input: 'x'.repeat(60_000), false_input: 'y' },
      },
      'l.value > it.collection',
      'it.item > x.condition',
    );
    const view = sessionView('s1', pinnedOf(graph), [], [], TEST_CATALOGUE);
    expect(view === undefined).toBe(isLeftOut);
  });

  test('shows records that it cannot replay as they are, and says why', () => {
    const view = sessionView('s1', GRAPH, [], [completed('c', 1)], TEST_CATALOGUE);
    expect(view).toMatchObject({ executed_history: ['c'], results: { c: { value: 1 } } });
    expect(view?.replay_error).toContain('"c"');
  });

  test('of an item that others own is empty', () => {
    expect(SessionView.parse(redactedSession())).toMatchObject({ id: 'redacted', results: {} });
  });
});
