import { expect, test } from 'vitest';
import { isFinal, STATUS_NAMES, type Status } from '../../contract/queue/status.ts';
import { ERROR, type Followed, imageOf, type Told, watching } from '../testing/told.ts';
import { OUTPUTS_PER_NODE_MAX } from './queue-state.ts';

const INVOCATIONS = ['unknown', 'in_progress', 'completed', 'failed'] as const;
const EVENTS = ['started', 'progress', 'complete', 'error'] as const;
type Invocation = (typeof INVOCATIONS)[number];
type Event = (typeof EVENTS)[number];

const OPEN = STATUS_NAMES.filter((status) => !isFinal(status));
const NOT_FINAL: readonly Invocation[] = ['unknown', 'in_progress'];

interface Row {
  row: string;
  items: readonly (Status | null)[];
  invocations: readonly Invocation[];
  events: readonly Event[];
  /** The status of the node then; null: nothing changes. */
  becomes: Exclude<Invocation, 'unknown'> | null;
}

const heard: readonly (Status | null)[] = [...OPEN, null];
const ROWS: readonly Row[] = [
  { row: 'I1', items: heard, invocations: ['unknown'], events: ['started'], becomes: 'in_progress' },
  { row: 'I1', items: ['in_progress', null], invocations: ['unknown'], events: ['progress'], becomes: 'in_progress' },
  {
    row: 'I1, amended: progress is not kept in order, and no session runs',
    items: ['pending', 'waiting'],
    invocations: ['unknown'],
    events: ['progress'],
    becomes: null,
  },
  { row: 'I2', items: heard, invocations: ['unknown'], events: ['complete'], becomes: 'completed' },
  { row: 'I3', items: heard, invocations: ['unknown'], events: ['error'], becomes: 'failed' },
  { row: 'I4', items: OPEN, invocations: ['in_progress'], events: ['complete'], becomes: 'completed' },
  { row: 'I5', items: OPEN, invocations: ['in_progress'], events: ['error'], becomes: 'failed' },
  { row: 'I4–5, it runs on', items: OPEN, invocations: ['in_progress'], events: ['started'], becomes: null },
  { row: 'I4–5, it runs on', items: OPEN, invocations: ['in_progress'], events: ['progress'], becomes: 'in_progress' },
  { row: 'I6', items: OPEN, invocations: ['completed'], events: EVENTS, becomes: null },
  { row: 'I7', items: OPEN, invocations: ['failed'], events: EVENTS, becomes: null },
  { row: 'X1', items: ['completed'], invocations: NOT_FINAL, events: ['complete'], becomes: 'completed' },
  {
    row: 'X2',
    items: ['completed'],
    invocations: NOT_FINAL,
    events: ['started', 'progress', 'error'],
    becomes: null,
  },
  { row: 'X3', items: ['failed'], invocations: NOT_FINAL, events: ['error'], becomes: 'failed' },
  { row: 'X4', items: ['failed'], invocations: NOT_FINAL, events: ['started', 'progress'], becomes: null },
  {
    row: 'X4, amended: what a sibling had recorded survives',
    items: ['failed'],
    invocations: NOT_FINAL,
    events: ['complete'],
    becomes: 'completed',
  },
  { row: 'X5', items: ['canceled'], invocations: NOT_FINAL, events: EVENTS, becomes: null },
  {
    row: 'I6–7 hold in a final item',
    items: ['completed', 'failed', 'canceled'],
    invocations: ['completed', 'failed'],
    events: EVENTS,
    becomes: null,
  },
];

const cases = ROWS.flatMap(({ row, items, invocations, events, becomes }) =>
  items.flatMap((item) =>
    invocations.flatMap((invocation) =>
      events.map((event) => [row, item ?? 'unknown', invocation, event, becomes, item] as const),
    ),
  ),
);

test('[S169] the rows name every combination once', () => {
  const names = new Set(cases.map(([, item, invocation, event]) => `${item} ${invocation} ${event}`));
  expect(names.size).toBe(cases.length);
  expect(cases.length).toBe(STATUS_NAMES.length * INVOCATIONS.length * EVENTS.length + EVENTS.length);
});

function prepared(item: Status | null, invocation: Invocation): { told: Told; followed: Followed } {
  const { told, followed } = watching();
  if (item === null) return { told, followed };
  followed.take(told.status(1, 'in_progress', 1));
  if (!isFinal(item)) followed.take(told.status(1, item, 2));
  if (invocation !== 'unknown') followed.take(told.started(1, 'n'));
  if (invocation === 'completed') followed.take(told.complete(1, 'n'));
  if (invocation === 'failed') followed.take(told.error(1, 'n'));
  if (isFinal(item)) followed.take(told.status(1, item, 2));
  return { told, followed };
}

test.each(cases)('[S169] %s: item %s, invocation %s, event %s', (_row, _item, invocation, event, becomes, item) => {
  const { told, followed } = prepared(item, invocation);
  const before = followed.node(1, 'n');
  const status = followed.item(1)?.status;
  followed.take(told[event](1, 'n'));
  const node = followed.node(1, 'n');
  if (becomes === null) expect(node).toEqual(before);
  else {
    expect(node).toMatchObject({ status: becomes, type: 'img_blur' });
    expect(node).not.toEqual(before);
  }
  // An invocation moves no item.
  if (item !== null) expect(followed.item(1)?.status).toBe(status);
});

test.each(EVENTS)('[S170] a node is there once %s tells of it', (event) => {
  const { told, followed } = watching();
  followed.take(told[event](1, 'n#0,2'));
  expect(followed.node(1, 'n')).toMatchObject({
    node_id: 'n',
    status: { started: 'in_progress', progress: 'in_progress', complete: 'completed', error: 'failed' }[event],
    progress: event === 'progress' ? 0.5 : null,
    error: event === 'error' ? ERROR : null,
    outputs: event === 'complete' ? [{ invocation_id: 'n#0,2', result: imageOf('n#0,2') }] : [],
  });
});

test('[S170] progress is that of the one that runs, is whole when it ends, and none when it fails', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'), told.progress(1, 'a', 0.25));
  expect(followed.node(1, 'a')).toMatchObject({ progress: 0.25, message: 'on its way', progress_image: { width: 1 } });
  followed.take(told.complete(1, 'a'));
  expect(followed.node(1, 'a')).toMatchObject({ progress: 1, message: '', progress_image: null });
  followed.take(told.started(1, 'b'), told.progress(1, 'b', 0.25), told.error(1, 'b'));
  expect(followed.node(1, 'b')).toMatchObject({ progress: null, message: '', progress_image: null, error: ERROR });
  followed.take(told.started(1, 'c'), told.complete(1, 'c'));
  expect(followed.node(1, 'c')).toMatchObject({ progress: null });
});

test('[S170] an invocation has one output in an item, and the same one of another item has its own', () => {
  const { told, followed } = watching();
  for (const item_id of [1, 2])
    followed.take(told.complete(item_id, 'n#0'), told.complete(item_id, 'n#0'), told.complete(item_id, 'n#1'));
  for (const item_id of [1, 2]) {
    expect(followed.node(item_id, 'n')?.outputs.map((output) => output.invocation_id)).toEqual(['n#0', 'n#1']);
    expect(followed.node(item_id, 'n')?.completed).toBe(2);
  }
});

test('[S170] a resume drops what ran and keeps what is done', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.complete(1, 'a'), told.started(1, 'b'), told.progress(1, 'b'));
  followed.take(told.status(1, 'pending', 2));
  expect(followed.node(1, 'a')?.status).toBe('completed');
  expect(followed.node(1, 'b')).toMatchObject({ status: 'pending', progress: null, progress_image: null });
  followed.take(told.status(1, 'in_progress', 3));
  expect(followed.node(1, 'a')?.outputs).toHaveLength(1);
  followed.take(told.started(1, 'b'), told.complete(1, 'b'));
  expect(followed.node(1, 'b')).toMatchObject({ status: 'completed', completed: 1 });
});

test('[S170] a run that ended unheard is told by the number of the status', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'), told.status(1, 'in_progress', 3));
  expect(followed.node(1, 'a')?.status).toBe('pending');
});

test.each(['failed', 'canceled'] as const)('what ran when its item was %s is canceled', (status) => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'), told.progress(1, 'a'), told.started(1, 'n#0'));
  followed.take(told.complete(1, 'n#0'), told.started(1, 'n#1'), told.status(1, status, 2));
  expect(followed.node(1, 'a')).toMatchObject({ status: 'canceled', canceled: 1, in_progress: 0, progress: null });
  expect(followed.node(1, 'n')).toMatchObject({ status: 'canceled', completed: 1, canceled: 1 });
  expect(followed.item(1)?.running.size).toBe(0);
});

test('several items run at once, and none touches the nodes of another: neither an older one nor a child', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'n'), told.progress(1, 'n', 0.5));
  const parent = followed.item(1)?.nodes;
  followed.take(told.status(2, 'pending', 0), told.status(2, 'in_progress', 1), told.complete(2, 'n'));
  followed.take(told.status(3, 'in_progress', 1), told.error(3, 'n'), told.status(3, 'failed', 2));
  expect(followed.item(1)?.nodes).toBe(parent);
  followed.take(told.complete(1, 'n'));
  expect([1, 2, 3].map((item_id) => followed.node(item_id, 'n')?.status)).toEqual(['completed', 'completed', 'failed']);
  expect([1, 2, 3].map((item_id) => followed.item(item_id)?.is_child)).toEqual([null, true, null]);
});

test('a lost connection ends progress, which nobody repeats, and nothing else', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1), told.started(1, 'a'), told.progress(1, 'a'), {
    type: 'disconnected',
  });
  expect(followed.node(1, 'a')).toMatchObject({ status: 'in_progress', progress: null, progress_image: null });
});

test('of a node that runs very often the newest results are shown, and all are counted', () => {
  const { told, followed } = watching();
  followed.take(told.status(1, 'in_progress', 1));
  for (let index = 0; index < 1_000; index++)
    followed.take(told.started(1, `n#${index}`), told.complete(1, `n#${index}`));
  const node = followed.node(1, 'n');
  expect(node).toMatchObject({ completed: 1_000, in_progress: 0, status: 'completed' });
  expect(node?.outputs.map((output) => output.invocation_id)).toEqual(
    Array.from({ length: OUTPUTS_PER_NODE_MAX }, (_, index) => `n#${1_000 - OUTPUTS_PER_NODE_MAX + index}`),
  );
});
