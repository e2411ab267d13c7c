/**
 * Cancel at every phase of an item, on the real edge with a real agent and device. Each time: the item is canceled at
 * once and for good, nothing is said of it afterwards, and the next session runs, with what the device had loaded.
 * Printed: from the request until its answer, and until the device had begun the next session.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GraphInput, QueueClient } from '../../client/queue.ts';
import type { QueueSettings } from '../../contract/queue/queue.ts';
import type { LocalSystem } from '../../infra/local/system.ts';
import { CAN_SEE_PROCESSES, scratch } from './support/command.ts';
import { EventLog } from './support/event-log.ts';
import { edge } from './support/graph.ts';
import { HoldingProxy } from './support/holding-proxy.ts';
import { history, invocationsOf } from './support/invocations.ts';
import { makeQueue, startEdge } from './support/local-edge.ts';
import { nodeCalls, TestAgent } from './support/test-agent.ts';

const PATIENCE_MS = 180_000;
/** When a node does not look, its process is killed after so long. */
const HARD_CANCEL_MS = 500;

let system: LocalSystem;
const figures: Record<string, { answered_ms: string; free_ms: string }> = {};

/** Milliseconds since a request was sent. */
function measured(phase: string, answered: number, free?: number): void {
  figures[phase] = { answered_ms: answered.toFixed(1), free_ms: free?.toFixed(1) ?? '' };
}

type Graph = GraphInput['graph'];

const one = (node: { type: string } & Record<string, unknown>): Graph => ({
  nodes: { only: { use_cache: false, ...node } },
});
const quick = one({ type: 'integer', value: 7 });
const doing = (deed: string) => one({ type: 'string', value: `test:${deed}` });
const info = (key: string) => one({ type: 'onnx_info', model: { key } });

const drawing = (steps: number): Graph => ({
  nodes: {
    model: { type: 'main_model_loader', model: { key: 'tiny-diffusion' } },
    prompt: { type: 'compel', prompt: 'a big red star on striped blue' },
    negative: { type: 'compel', prompt: '' },
    noise: { type: 'noise', seed: 1, width: 128, height: 128 },
    denoise: { type: 'denoise_latents', steps, cfg_scale: 3, scheduler: 'ddim', use_cache: false },
    decode: { type: 'l2i', use_cache: false },
  },
  edges: [
    edge('model.clip', 'prompt.clip'),
    edge('model.clip', 'negative.clip'),
    edge('model.unet', 'denoise.unet'),
    edge('prompt.conditioning', 'denoise.positive_conditioning'),
    edge('negative.conditioning', 'denoise.negative_conditioning'),
    edge('noise.noise', 'denoise.noise'),
    edge('denoise.latents', 'decode.latents'),
    edge('model.vae', 'decode.vae'),
  ],
});

/** A queue, what is said in it, and a runner for it when the test wants one. */
class World {
  readonly queue: QueueClient;
  readonly log: EventLog;
  readonly proxy: HoldingProxy;
  readonly folder = scratch();
  readonly #name: string;

  private constructor(name: string, queue: QueueClient, log: EventLog, proxy: HoldingProxy) {
    this.#name = name;
    this.queue = queue;
    this.log = log;
    this.proxy = proxy;
  }

  static async of(name: string, settings: Partial<QueueSettings> = {}): Promise<World> {
    const queue = await makeQueue(system, name, settings);
    return new World(name, queue, await EventLog.of(queue), await HoldingProxy.to(system.url));
  }

  /** Its disk is empty. */
  agent(): TestAgent {
    const agent = new TestAgent({
      ...{ system: { url: this.proxy.url, runner_key: system.runner_key }, queue: this.#name },
      ...{ cache: path.join(this.folder, 'disk'), calls: path.join(this.folder, 'calls') },
      agent: { hardCancelMs: HARD_CANCEL_MS },
    });
    this.log.needs(agent);
    return agent;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  async enqueue(graph: Graph): Promise<number> {
    return (await this.queue.enqueueGraph({ graph })).item_id;
  }

  calls(item_id: number) {
    return nodeCalls(this.file('calls')).filter((call) => call.item_id === item_id);
  }

  /** Cancels `item_id`; `next` is behind it, and completes. */
  async cancel(item_id: number, next: number): Promise<void> {
    const sent = performance.timeOrigin + performance.now();
    expect((await this.queue.cancel(item_id)).status).toBe('canceled');
    const answered_ms = performance.timeOrigin + performance.now() - sent;
    await this.log.status(next, 'completed');
    const free_ms = (this.calls(next)[0]?.at ?? 0) - sent;
    measured(this.#name, answered_ms, free_ms);
  }

  /** After the runner has said all that it has to say: `item_id` is as canceled as it was. */
  async expectCanceled(agent: TestAgent, item_id: number, results: string[] = []): Promise<void> {
    agent.kill('SIGTERM');
    expect((await agent.ended).code, agent.output()).toBe(0);
    expect((await this.queue.item(item_id)).status).toBe('canceled');
    expect((await invocationsOf(this.queue, item_id)).map((each) => each.invocation_id)).toEqual(results);
    const said = (await history(this.queue)).filter((event) => 'item_id' in event && event.item_id === item_id);
    expect(said.at(-1)).toMatchObject({ name: 'queue_item_status_changed', status: 'canceled' });
    expect(said.filter(({ name }) => name === 'invocation_complete')).toHaveLength(results.length);
    expect(said.filter(({ name }) => name === 'invocation_error')).toEqual([]);
  }
}

describe.runIf(CAN_SEE_PROCESSES)('an item that is canceled', { timeout: PATIENCE_MS }, () => {
  beforeAll(async () => {
    system = await startEdge();
  }, PATIENCE_MS);

  afterAll(async () => {
    await system.kill();
    console.table(figures);
  }, PATIENCE_MS);

  test('while it is pending never starts', async () => {
    const world = await World.of('pending');
    const item = await world.enqueue(quick);
    const next = await world.enqueue(quick);
    const sent = performance.now();
    expect((await world.queue.cancel(item)).status).toBe('canceled');
    measured('pending', performance.now() - sent);
    const agent = world.agent();
    await world.log.status(next, 'completed');
    expect(world.calls(item)).toEqual([]);
    await world.expectCanceled(agent, item);
  });

  test('[P130] while a runner holds it behind another never starts', async () => {
    const world = await World.of('leased');
    const file = world.file('go-on');
    const running = await world.enqueue(doing(`until:${file}`));
    const item = await world.enqueue(quick);
    const agent = world.agent();
    await world.log.status(running, 'in_progress');
    await expect.poll(async () => (await world.queue.runners())[0]?.leased).toBe(2);
    const next = await world.enqueue(quick);
    const sent = performance.now();
    expect((await world.queue.cancel(item)).status).toBe('canceled');
    measured('leased', performance.now() - sent);
    writeFileSync(file, '');
    for (const each of [running, next]) await world.log.status(each, 'completed');
    expect(world.calls(item)).toEqual([]);
    await world.expectCanceled(agent, item);
  });

  test('while its model is downloaded leaves the device to the next one, and the download to whoever needs it', async () => {
    const world = await World.of('loading-a-model');
    const file = world.proxy.hold('GET', /\/models\/blazeface\/files\//);
    const item = await world.enqueue(info('blazeface'));
    const next = await world.enqueue(quick);
    const agent = world.agent();
    await file.arrived;
    await world.cancel(item, next);
    file.release();
    const again = await world.enqueue(info('blazeface'));
    await world.log.status(again, 'completed');
    const warm = await world.enqueue(info('blazeface'));
    await world.log.status(warm, 'completed');
    expect(world.log.count('model_load_started', warm)).toBe(0);
    expect(file.count).toBe(2);
    await world.expectCanceled(agent, item);
  });

  test('in a step stops before the next one, and the model stays', async () => {
    const world = await World.of('in-a-step');
    const agent = world.agent();
    await world.log.status(await world.enqueue(drawing(1)), 'completed');
    const item = await world.enqueue(drawing(1_000));
    const next = await world.enqueue(drawing(1));
    await world.log.hears('invocation_progress', item, ({ percentage }) => (percentage ?? 0) > 0);
    await world.cancel(item, next);
    expect(world.log.count('model_load_started', next)).toBe(0);
    expect(world.calls(next)[0]?.pid).toBe(world.calls(item)[0]?.pid);
    await world.expectCanceled(agent, item, ['model', 'noise', 'prompt', 'negative']);
  });

  test('at a runner whom no order reaches is learned of all the same', async () => {
    const world = await World.of('no-socket', { runner_timeout_seconds: 5 });
    world.proxy.sockets = false;
    const item = await world.enqueue(doing('steps'));
    const next = await world.enqueue(quick);
    const agent = world.agent();
    await world.log.hears('invocation_started', item);
    await world.cancel(item, next);
    expect(world.calls(next)[0]?.pid).toBe(world.calls(item)[0]?.pid);
    await world.expectCanceled(agent, item);
  });

  test('in a node that does not look is killed with its process, and the next one runs in another', async () => {
    const world = await World.of('in-a-deaf-node');
    const item = await world.enqueue(doing('hang'));
    const next = await world.enqueue(quick);
    const agent = world.agent();
    await world.log.hears('invocation_started', item);
    await world.cancel(item, next);
    expect(world.calls(next)[0]?.pid).not.toBe(world.calls(item)[0]?.pid);
    expect((await world.queue.item(next)).attempts).toBe(1);
    await world.expectCanceled(agent, item);
  });

  test('while its image is uploaded has no result, and holds nobody up', async () => {
    const world = await World.of('uploading');
    const upload = world.proxy.hold('PUT', /\/assets\//);
    const item = await world.enqueue(one({ type: 'blank_image', width: 64, height: 64 }));
    const agent = world.agent();
    await upload.arrived;
    const next = await world.enqueue(quick);
    await world.cancel(item, next);
    upload.release();
    await world.expectCanceled(agent, item);
  });

  test('after it has completed stays completed', async () => {
    const world = await World.of('completed');
    const agent = world.agent();
    const item = await world.enqueue(quick);
    await world.log.status(item, 'completed');
    const before = await history(world.queue);
    expect((await world.queue.cancel(item)).status).toBe('completed');
    expect(await history(world.queue)).toEqual(before);
    expect(await invocationsOf(world.queue, item)).toMatchObject([{ invocation_id: 'only', status: 'completed' }]);
    agent.kill('SIGTERM');
    expect((await agent.ended).code, agent.output()).toBe(0);
  });

  test('with its whole batch takes what runs and what waits, and leaves the runner ready', async () => {
    const world = await World.of('whole-batch');
    const agent = world.agent();
    const batch_id = 'all-of-it';
    await world.queue.enqueueBatch({ batch: { batch_id, graph: doing('steps'), runs: 50 } });
    await world.log.until((frame) => frame.name === 'invocation_started');
    const sent = performance.timeOrigin + performance.now();
    const { canceled } = await world.queue.cancelByBatchIds([batch_id]);
    const answered_ms = performance.timeOrigin + performance.now() - sent;
    expect(canceled).toBe(50);
    const next = await world.enqueue(quick);
    await world.log.status(next, 'completed');
    measured('whole-batch', answered_ms, (world.calls(next)[0]?.at ?? 0) - sent);
    expect((await world.queue.status()).queue).toMatchObject({
      ...{ canceled: 50, completed: 1, in_progress: 0, pending: 0 },
    });
    agent.kill('SIGTERM');
    expect((await agent.ended).code, agent.output()).toBe(0);
  });
});
