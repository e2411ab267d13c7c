import pc from 'picocolors';
import { expect, test } from 'vitest';
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { Terminal } from '../terminal.ts';
import { itemPicture } from './item-picture.ts';
import { logLines, statsLines } from './item-sides.ts';
import { itemLines } from './item-table.ts';

const NOW = Date.parse('2026-05-01T12:00:00.000Z');
const terminal = (columns: number, interactive = true): Terminal => ({
  interactive,
  columns,
  colors: pc.createColors(false),
  stream: process.stdout,
  line: () => {},
});

const item: ItemSummary = {
  ...{ queue_id: 'default', item_id: 17, batch_id: '0f7eade7-2601-4653-ba57-a9b42e8b1f5d', session_id: 'default:17' },
  ...{ origin: 'cli', destination: null, user_id: 'ann', status: 'failed', status_sequence: 2, priority: 5 },
  ...{ created_at: '2026-05-01T11:57:00.000Z', updated_at: '2026-05-01T11:59:00.000Z' },
  ...{ started_at: '2026-05-01T11:58:00.000Z', completed_at: '2026-05-01T11:59:03.000Z' },
  ...{ device: 'cuda:0', attempts: 2, error_type: 'ValueError', error_message: 'bad\u001b[2Kvalue' },
  error_traceback: 'ValueError: bad\u001b[2Kvalue\n\tat somewhere',
  field_values: [
    { node_path: 'noise', field_name: 'seed', value: 3 },
    { node_path: 'prompt', field_name: 'prompt', value: 'a\nred hat' },
  ],
  ...{ start_after: null, deadline: null, retried_from_item_id: 4, workflow_call_id: null, parent_item_id: null },
  ...{ parent_session_id: null, root_item_id: null, workflow_call_depth: null },
};
const fresh: ItemSummary = {
  ...item,
  ...{ item_id: 18, destination: 'gallery', status: 'pending', started_at: null, completed_at: null, device: null },
  ...{ error_type: null, error_message: null, error_traceback: null, field_values: [] },
};

test('items are a line each, as wide as the terminal, and cannot steer it', () => {
  expect(itemLines([item, fresh], terminal(130), NOW)).toEqual([
    'item  status   what      values                                user     age     ran  device  error',
    '  17  failed   0f7eade7  noise.seed=3 prompt.prompt=a red hat  ann   3m ago  1m 03s  cuda:0  ValueError: bad\ufffd[2Kvalue',
    '  18  pending  gallery                                         ann   3m ago',
  ]);
  expect(itemLines([item, fresh], terminal(80), NOW)).toEqual([
    'item  status   what      values       user     age     ran  device  error',
    '  17  failed   0f7eade7  noise.seed…  ann   3m ago  1m 03s  cuda:0  ValueError:…',
    '  18  pending  gallery                ann   3m ago',
  ]);
  expect(itemLines([fresh], terminal(200, false), NOW)[1]).toContain('  2026-05-01T11:57:00.000Z');
  expect(itemLines([], terminal(80), NOW)).toEqual([]);
});

test('one item is shown with what matters of it', () => {
  const record = {
    ...{ invocation_source_id: 'n', type: 'add', is_intermediate: false, status: 'completed' as const, error: null },
    ...{ result: { type: 'integer_output', value: 3 }, started_at: item.created_at, completed_at: item.created_at },
    ...{ seconds: 1.26, attempt: 1, runner_id: null, device: 'cuda:0', cached: true },
  };
  const nodes = ['a', 'b', 'c'].map((invocation_id) => ({ ...record, invocation_id }));
  const outputs = [{ ...record, invocation_id: 'a' }];
  expect(itemPicture({ item, nodes, outputs, stats: null }, 2, terminal(100), NOW)).toEqual([
    'item 17  failed  ran 1m 03s',
    '  batch     0f7eade7-2601-4653-ba57-a9b42e8b1f5d',
    '  origin    cli',
    '  user      ann',
    '  values    noise.seed=3 prompt.prompt=a red hat',
    '  priority  5',
    '  created   3m ago',
    '  started   2m ago',
    '  ended     57s ago',
    '  device    cuda:0',
    '  starts    2',
    '  retry of  item 4',
    '',
    'nodes',
    '  node  type  status      took  device',
    '  a     add   completed  1.3 s  cuda:0  cached',
    '  b     add   completed  1.3 s  cuda:0  cached',
    '  … and more: --nodes shows all',
    '',
    'outputs',
    '  a  {"type":"integer_output","value":3}',
    '',
    'error',
    '  ValueError: bad\ufffd[2Kvalue',
    '      at somewhere',
  ]);
});

test('what its runs took and wrote', () => {
  const stats = {
    ...{ item_id: 17, session_id: 'default:17', status: 'completed' as const, queue_wait_seconds: 0.25 },
    runs: [
      {
        ...{ attempt: 1, runner_id: 'r', runner: 'gpu\u001b-7', device: 'cuda:0', model_load_seconds: 61 },
        graph_stats: { execution_time_seconds: 2, wall_time_seconds: 3, graph_execution_state_id: 'x' },
        node_stats: [{ node_type: 'add', num_calls: 12, time_used_seconds: 0.004, failures: 1 }],
      },
    ],
    totals: { execution_time_seconds: 2, wall_time_seconds: 3 },
  };
  expect(statsLines(stats, terminal(80))).toEqual([
    ...['  waited  250 ms', '  ran     3.0 s', '  nodes   2.0 s', '', 'run 1  gpu\ufffd-7, cuda:0'],
    ...['  wall    3.0 s', '  nodes   2.0 s', '  models  1m 01s'],
    ...['  type  calls  took  failed', '  add      12  4 ms       1'],
  ]);
  const line = { at: item.created_at, level: 'warn' as const, message: 'one\ntwo', invocation_id: 'n', attempt: 1 };
  const logs = { item_id: 17, session_id: 'x', status: 'completed' as const, lines: [line], lines_dropped: 3 };
  expect(logLines(logs, terminal(80))).toEqual([
    '2026-05-01T11:57:00.000Z  warn   n: one two',
    '3 lines were too many to be kept.',
  ]);
});
