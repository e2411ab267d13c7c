import { describe, expect, test } from 'vitest';
import { FakeService, lost, ok, refused, silent } from '../testing/fake-service.ts';
import type { FakeSocket } from '../testing/fake-socket.ts';
import { hello, live, runnerEvent, snapshot } from '../testing/frames.ts';
import { ItemFrames, summary } from '../testing/item-frames.ts';
import { RunAbortedError, RunCanceledError, RunFailedError, RunTimedOutError } from './errors.ts';
import type { PlainGraph } from './graph-source.ts';
import type { RunOptions } from './run-graph.ts';

const graph: PlainGraph = {
  nodes: { sum: { type: 'add', a: 1, b: 2 }, hidden: { type: 'add', is_intermediate: true } },
};
const output = (invocation_id: string, value: number) => ({
  ...{ invocation_id, invocation_source_id: invocation_id.split('#')[0], type: 'add' },
  result: { type: 'integer_output', value },
});
const outputs = (...all: object[]) => ok({ item_id: 7, status: 'completed', outputs: all, next_cursor: null });

const ENQUEUE = 'POST enqueue_batch';

function service(options: { retries?: number } = {}): FakeService {
  return new FakeService(options)
    .on('GET status', ok({}))
    .on(ENQUEUE, (asked) =>
      Response.json({ batch_id: batchOf(asked), enqueued: 1, requested: 1, item_ids: [7] }, { status: 201 }),
    )
    .on('GET i/7/outputs', outputs(output('sum', 3)))
    .on('PUT i/7/cancel', ok(summary(7, 'canceled')))
    .on('PUT cancel_by_batch_ids', ok({ canceled: 1 }));
}

const batchOf = ({ body }: { body: unknown }) => (body as { batch: { batch_id: string } }).batch.batch_id;

/** A run whose enqueue has been asked for, on an open stream. */
async function begun(fake: FakeService, options: RunOptions = {}) {
  const run = fake.client.queue().run(graph, options);
  run.catch(() => {});
  const socket = await fake.socket();
  expect(fake.count(ENQUEUE)).toBe(0);
  socket.says(hello(0, 'current'));
  const frames = new ItemFrames(batchOf(await fake.call(ENQUEUE)));
  return { run, socket, frames };
}

describe('run [S176]', () => {
  test('it watches before it enqueues, under a name of its own, and resolves with the outputs', async () => {
    const fake = service();
    const { run, socket, frames } = await begun(fake, { origin: 'me', priority: 3, max_run_seconds: 9 });
    socket.says(frames.enqueued(7), frames.status(7, 'in_progress'), frames.complete(7, 'sum'));
    socket.says(frames.status(7, 'completed'));
    const result = await run;
    expect(result).toMatchObject({ item_id: 7, status: 'completed', outputs: [output('sum', 3)] });
    expect(result.output('sum')).toEqual({ type: 'integer_output', value: 3 });
    const { body, headers } = await fake.call(ENQUEUE);
    expect(body).toEqual({
      batch: { batch_id: result.batch_id, graph, origin: 'me', priority: 3, max_run_seconds: 9 },
    });
    expect(headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/);
    expect(socket.closed).toBe(true);
    const other = service();
    await begun(other);
    expect(batchOf(await other.call(ENQUEUE))).not.toBe(result.batch_id);
  });

  test('what comes before the answer to the enqueue counts, however late that is', async () => {
    const fake = service().on(ENQUEUE, silent);
    const { run, socket, frames } = await begun(fake);
    socket.says(frames.enqueued(7), frames.status(7, 'in_progress'), frames.status(7, 'completed'));
    expect((await run).item_id).toBe(7);
    expect((await fake.call(ENQUEUE)).signal?.aborted).toBe(true);
  });

  test('an enqueue whose answer is lost is sent again under the same key, and a batch that exists then is its own', async () => {
    const fake = service()
      .on(ENQUEUE, lost, refused('batch_exists'))
      .on('GET list', ok({ items: [summary(7, 'pending')], next_cursor: null }));
    const run = fake.client.queue().run(graph);
    (await fake.socket()).says(hello(0, 'current'));
    const [first, second] = [await fake.call(ENQUEUE), await fake.call(ENQUEUE, 2)];
    fake.on(`GET b/${batchOf(first)}/status`, ok({ total: 1 }));
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-key')).toBe(first.headers.get('idempotency-key'));
    await fake.call('GET list');
    const frames = new ItemFrames(batchOf(first));
    (await fake.socket()).says(frames.status(7, 'completed'));
    expect((await run).item_id).toBe(7);
  });

  test('a batch that exists at the first call, and any other refusal, is thrown and nothing canceled', async () => {
    for (const code of ['batch_exists', 'queue_full', 'validation_failed'] as const) {
      const fake = service({ retries: 0 }).on(ENQUEUE, refused(code));
      const { run, socket } = await begun(fake);
      await expect(run).rejects.toMatchObject({ code });
      expect(socket.closed).toBe(true);
      expect(fake.count('PUT cancel_by_batch_ids')).toBe(0);
    }
  });

  test('when no answer comes at all, what may have been enqueued is canceled', async () => {
    const fake = service({ retries: 0 }).on(ENQUEUE, lost);
    const { run } = await begun(fake);
    await expect(run).rejects.toMatchObject({ name: 'ConnectionError' });
    expect((await fake.call('PUT cancel_by_batch_ids')).body).toEqual({
      batch_ids: [batchOf(await fake.call(ENQUEUE))],
    });
  });

  test('events of others, and statuses that are not final, end nothing', async () => {
    const fake = service();
    const { run, socket, frames } = await begun(fake);
    const others = new ItemFrames('another');
    const [enqueued, started] = [frames.enqueued(7), frames.status(7, 'in_progress')];
    socket.says(enqueued, started, { ...others.status(7, 'failed'), sequence: 3, prev: 2 } as never);
    const more = new ItemFrames(batchOf(await fake.call(ENQUEUE)), 3);
    // Somebody retried it: another item of the same batch.
    socket.says(more.status(8, 'failed'), more.status(7, 'waiting'), more.status(7, 'pending'));
    socket.says(more.canceled(9), more.status(7, 'completed'), more.status(7, 'failed'));
    fake.on('POST item_summaries_by_ids', ok([summary(7, 'pending')]));
    expect((await run).status).toBe('completed');
  });

  test('progress names the node, what it says, and how many have completed', async () => {
    const seen: object[] = [];
    const events: string[] = [];
    const { run, socket, frames } = await begun(service(), {
      onProgress: (progress) => seen.push(progress),
      onEvent: (event) => events.push(event.name),
    });
    socket.says(frames.enqueued(7), frames.started(7, 'sum#0'), frames.progress(7, 'sum#0', 0.5));
    socket.says(frames.complete(7, 'sum#0'), frames.started(7, 'sum#1'), frames.status(7, 'completed'));
    await run;
    const node = { item_id: 7, node_id: 'sum', invocation_id: 'sum#0', type: 'add', image: null };
    expect(seen).toEqual([
      { ...node, phase: 'started', message: '', percentage: null, completed: 0 },
      { ...node, phase: 'running', message: 'half way', percentage: 0.5, completed: 0 },
      { ...node, phase: 'completed', message: '', percentage: 1, completed: 1 },
      { ...node, invocation_id: 'sum#1', phase: 'started', message: '', percentage: null, completed: 1 },
    ]);
    expect(events).toContain('batch_enqueued');
    expect(events.at(-1)).toBe('queue_item_status_changed');
  });

  test('a session that failed is an error with its type, message and traceback', async () => {
    const { run, socket, frames } = await begun(service());
    const error = { error_type: 'NodeError', error_message: 'no such colour', error_traceback: 'at paint' };
    socket.says(frames.enqueued(7), frames.status(7, 'failed', error));
    await expect(run).rejects.toThrow(RunFailedError);
    await expect(run).rejects.toMatchObject({
      item_id: 7,
      ...error,
      message: expect.stringContaining('no such colour'),
    });
    expect(socket.closed).toBe(true);
  });

  test('one that somebody canceled, alone, in bulk or by clearing the queue, is an error of its own', async () => {
    const ways = [
      (frames: ItemFrames) => frames.status(7, 'canceled'),
      (frames: ItemFrames) => frames.canceled(5, 7),
      (frames: ItemFrames) => frames.cleared(),
    ];
    const found = [[], [summary(7, 'canceled')], []];
    for (const [index, way] of ways.entries()) {
      const fake = service().on('POST item_summaries_by_ids', ok(found[index]));
      const { run, socket, frames } = await begun(fake);
      socket.says(frames.enqueued(7), way(frames));
      await expect(run).rejects.toThrow(RunCanceledError);
      await expect(run).rejects.toMatchObject({ item_id: 7 });
    }
  });

  test('an abort cancels the item, says that it did, and closes the stream', async () => {
    const fake = service();
    const stop = new AbortController();
    const { run, socket, frames } = await begun(fake, { signal: stop.signal });
    socket.says(frames.enqueued(7), frames.status(7, 'in_progress'));
    const why = new Error('enough');
    stop.abort(why);
    await expect(run).rejects.toThrow(RunAbortedError);
    await expect(run).rejects.toMatchObject({ canceled: true, status: 'canceled', cause: why });
    expect(fake.count('PUT i/7/cancel')).toBe(1);
    expect(socket.closed).toBe(true);
  });

  test('an abort before anything was enqueued enqueues nothing', async () => {
    const [early, fake] = [service(), service()];
    await expect(early.client.queue().run(graph, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      ...{ name: 'RunAbortedError', canceled: true, status: null },
    });
    expect(early.asked).toEqual([]);
    const stop = new AbortController();
    const run = fake.client.queue().run(graph, { signal: stop.signal });
    await fake.socket();
    stop.abort();
    await expect(run).rejects.toMatchObject({ name: 'RunAbortedError', canceled: true });
    expect(fake.count(ENQUEUE)).toBe(0);
  });

  test('an enqueue that is under way when the signal fires does not slip through', async () => {
    const fake = service();
    let answer = (_: Response) => {};
    fake.on(ENQUEUE, () => new Promise<Response>((resolve) => (answer = resolve)));
    const stop = new AbortController();
    const { run } = await begun(fake, { signal: stop.signal });
    stop.abort();
    const asked = await fake.call(ENQUEUE);
    expect(asked.signal?.aborted).toBe(false);
    answer(Response.json({ batch_id: batchOf(asked), enqueued: 1, item_ids: [7] }));
    await expect(run).rejects.toMatchObject({ name: 'RunAbortedError', canceled: true, status: 'canceled' });
    expect(fake.count('PUT i/7/cancel')).toBe(1);
  });

  test('an enqueue that is refused after the signal fired has left nothing to cancel', async () => {
    const fake = service();
    let answer = () => {};
    fake.on(ENQUEUE, (asked) => new Promise((resolve) => (answer = () => resolve(refused('storage_full')(asked)))));
    const stop = new AbortController();
    const { run } = await begun(fake, { signal: stop.signal });
    stop.abort();
    answer();
    await expect(run).rejects.toMatchObject({ name: 'RunAbortedError', canceled: true, status: null });
    expect(fake.asked.filter(({ call }) => call.includes('cancel'))).toEqual([]);
  });

  test('the time limit does the same, and an item that cannot be canceled is said to go on', async () => {
    const fake = service({ retries: 0 }).on('PUT i/7/cancel', lost);
    const { run, socket, frames } = await begun(fake, { timeout_ms: 200 });
    socket.says(frames.enqueued(7), frames.status(7, 'in_progress'));
    await expect(run).rejects.toThrow(RunTimedOutError);
    await expect(run).rejects.toMatchObject({
      canceled: false,
      status: null,
      message: expect.stringContaining('200 ms'),
    });
  });

  test('an item that was final before the cancel came is said to be that', async () => {
    const fake = service().on('PUT i/7/cancel', ok(summary(7, 'completed')));
    const stop = new AbortController();
    const { run, socket, frames } = await begun(fake, { signal: stop.signal });
    socket.says(frames.enqueued(7));
    stop.abort();
    await expect(run).rejects.toMatchObject({ canceled: false, status: 'completed' });
  });

  test('what happened while the stream was away is read, when it says so', async () => {
    for (const [found, outcome] of [
      [[summary(7, 'completed')], 'completed'],
      [[], 'RunCanceledError'],
      [[summary(7, 'failed', { error_type: 'RunnerLost', error_message: 'gone' })], 'RunFailedError'],
    ] as const) {
      const fake = service().on('POST item_summaries_by_ids', ok(found));
      const { run, socket, frames } = await begun(fake);
      socket.says(frames.enqueued(7));
      socket.drops();
      (await fake.socket(2)).says(hello(90, 'snapshot'), snapshot(90));
      expect(
        await run.then(
          (result) => result.status,
          (error: Error) => error.name,
        ),
      ).toBe(outcome);
      expect((await fake.call('POST item_summaries_by_ids')).body).toEqual({ item_ids: [7] });
    }
  });

  test('a snapshot of one that still runs ends nothing, and what is replayed after it does', async () => {
    const fake = service().on('POST item_summaries_by_ids', ok([summary(7, 'in_progress')]));
    const { run, socket, frames } = await begun(fake);
    socket.says(frames.enqueued(7));
    socket.drops();
    const second: FakeSocket = await fake.socket(2);
    second.says(hello(90, 'snapshot'), snapshot(90), live(90), runnerEvent(91, 90));
    await fake.call('POST item_summaries_by_ids');
    second.drops();
    const more = new ItemFrames(batchOf(await fake.call(ENQUEUE)), 91);
    (await fake.socket(3)).says(hello(92, 'replay'), more.status(7, 'completed'));
    expect((await run).status).toBe('completed');
    expect(fake.count('GET i/7/outputs')).toBe(1);
  });

  test('it settles once: the end told twice, and an abort after it, change nothing', async () => {
    const fake = service();
    const stop = new AbortController();
    const { run, socket, frames } = await begun(fake, { signal: stop.signal });
    socket.says(frames.enqueued(7), frames.status(7, 'completed'), frames.status(7, 'completed'));
    expect((await run).status).toBe('completed');
    stop.abort();
    expect(fake.count('PUT i/7/cancel')).toBe(0);
    expect(fake.count('GET i/7/outputs')).toBe(1);
  });

  test('a service that cannot be reached, and a function of the caller that throws, end it', async () => {
    const away = service({ retries: 0 }).on('GET status', lost);
    await expect(away.client.queue().run(graph)).rejects.toMatchObject({ name: 'ConnectionError' });
    expect((await away.socket()).closed).toBe(true);
    const onProgress = () => {
      throw new RangeError('mine');
    };
    const fake = service();
    const { run, socket, frames } = await begun(fake, { onProgress });
    socket.says(frames.enqueued(7), frames.started(7, 'sum'));
    await expect(run).rejects.toThrow(RangeError);
    expect(socket.closed).toBe(true);
    expect(fake.count('PUT i/7/cancel')).toBe(1);
  });

  test('a service that is away when it has completed is waited for', async () => {
    const fake = service({ retries: 0 }).on('GET i/7/outputs', lost, lost, outputs());
    const { run, socket, frames } = await begun(fake);
    socket.says(frames.enqueued(7), frames.status(7, 'completed'));
    expect((await run).outputsOf('sum')).toEqual([]);
    expect(fake.count('GET i/7/outputs')).toBe(3);
  });
});

describe('outputs that are asked for [S176]', () => {
  const finish = async (fake: FakeService, options: RunOptions = {}) => {
    const { run, socket, frames } = await begun(fake, options);
    socket.says(frames.enqueued(7), frames.status(7, 'completed'));
    return run;
  };

  test('a node that can have none is refused before anything is enqueued', async () => {
    const fake = service();
    const queue = fake.client.queue();
    await expect(queue.run(graph, { output: 'none' })).rejects.toMatchObject({
      ...{ name: 'OutputMissingError', node_id: 'none', reason: 'not_in_graph' },
    });
    await expect(queue.run(graph, { output: ['sum', 'hidden'] })).rejects.toMatchObject({ reason: 'intermediate' });
    await expect(queue.run(graph, { output: 'toString' })).rejects.toMatchObject({ reason: 'not_in_graph' });
    expect(fake.asked).toEqual([]);
  });

  test('a node that gave nothing is an error when its output was asked for, and only then', async () => {
    const nothing = () => service().on('GET i/7/outputs', outputs());
    await expect(finish(nothing(), { output: 'sum' })).rejects.toMatchObject({ reason: 'no_result', node_id: 'sum' });
    const result = await finish(nothing());
    expect(result.outputsOf('sum')).toEqual([]);
    expect(() => result.output('sum')).toThrow('gave no result');
    expect(() => result.output('other')).toThrow('no such node');
    expect(() => result.outputsOf('hidden')).toThrow('is_intermediate');
  });

  test('several results of one node come in the order of iteration, and are never one', async () => {
    const many = [output('sum#10', 10), output('sum#2', 2), output('sum#2,1', 21), output('sum#0', 0)];
    const result = await finish(service().on('GET i/7/outputs', outputs(...many)), { output: 'sum' });
    expect(result.outputsOf('sum').map((each) => each.value)).toEqual([0, 2, 21, 10]);
    expect(() => result.output('sum')).toThrow('has 4 outputs');
    expect(result.outputs).toHaveLength(4);
  });

  test('a builder stands for its graph', async () => {
    const fake = service();
    const sum = { id: 'sum', out: {} };
    const run = fake.client.queue().run({ toGraph: () => graph }, { output: [sum] });
    (await fake.socket()).says(hello(0, 'current'));
    const asked = await fake.call(ENQUEUE);
    expect(asked.body).toMatchObject({ batch: { graph } });
    const frames = new ItemFrames(batchOf(asked));
    (await fake.socket()).says(frames.enqueued(7), frames.status(7, 'completed'));
    expect((await run).output('sum')).toMatchObject({ value: 3 });
  });
});
