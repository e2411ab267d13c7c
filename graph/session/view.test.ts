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
    expect(view.execution_graph).toEqual(view.graph);
    expect(GRAPH.nodes[0]).toMatchObject({ value: 1 });
  });

  test('shows records that it cannot replay as they are, and says why', () => {
    const view = sessionView('s1', GRAPH, [], [completed('c', 1)], TEST_CATALOGUE);
    expect(view).toMatchObject({ executed_history: ['c'], results: { c: { value: 1 } } });
    expect(view.replay_error).toContain('"c"');
  });

  test('of an item that others own is empty', () => {
    expect(SessionView.parse(redactedSession())).toMatchObject({ id: 'redacted', results: {} });
  });
});
