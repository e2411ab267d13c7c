import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NODE_STATS_MAX } from '../../contract/limits.ts';
import { SessionStats } from '../../contract/queue/statistics.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Invocation } from '../../graph/session/step.ts';
import type { ModelCacheFigures } from '../models/model-loader-registry.ts';
import { Hooks } from './hooks.ts';
import { Meter } from './meter.ts';
import { REPORTED_FROM_SECONDS, SessionStatistics, StatsNotFoundError } from './session-stats.ts';
import { StatsReport } from './stats-report.ts';

const GB = 2 ** 30;

const grant = (item_id = 7): Grant => ({
  ...{ item_id, fence: 2, token: 't', session_id: `default:${item_id}`, batch_id: 'b', user_id: 'system' },
  ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
});

const error = { error_type: 'ValueError', error_message: 'bad' };

/** A device whose clock and memory stand still until a test moves them. */
class World {
  now = 0;
  memory = 4 * GB;
  misses = 40;
  models: ModelCacheFigures = {
    ...{ high_water_mark: 2 * GB, cache_size: 8 * GB, total_usage: GB },
    ...{ hits: 10, misses: 5, models_cached: 2, models_cleared: 3 },
  };
  readonly meter = new Meter(() => this.now);
  readonly statistics = new SessionStatistics({
    now: () => this.now,
    memory: () => this.memory,
    cacheMisses: () => this.misses,
    models: () => ({ ...this.models }),
  });
  readonly hooks = new Hooks([this.statistics]);

  started(item: Grant): Grant {
    this.hooks.call('before_session', { item });
    return item;
  }

  ran(item: Grant, type: string, seconds: number, cached = false): void {
    this.hooks.call('after_node', { item, invocation: anInvocation(type), output: {}, seconds, cached });
  }

  failed(item: Grant, type: string | null, seconds: number): void {
    const invocation = type === null ? null : anInvocation(type);
    this.hooks.call('node_error', { item, invocation_id: 'n', invocation, error, seconds });
  }
}

const anInvocation = (type: string): Invocation => ({ id: 'n', type, inputs: {} }) as unknown as Invocation;

describe('the statistics of a session', () => {
  test('nodes are counted by type, failed and cached calls with them, and their time adds up', () => {
    const world = new World();
    const item = world.started(grant());
    world.ran(item, 'add', 0.5);
    world.ran(item, 'noise', 1);
    world.ran(item, 'add', 0.000_001, true);
    world.failed(item, 'l2i', 2);
    world.failed(item, null, 0);
    world.misses += 1;
    world.hooks.call('after_session', { item, outcome: 'failed', seconds: 4.25 });
    const stats = world.statistics.get(item, world.meter);
    expect(stats.node_stats).toEqual([
      { node_type: 'add', num_calls: 2, time_used_seconds: 0.500_001, cache_hits: 1 },
      { node_type: 'noise', num_calls: 1, time_used_seconds: 1 },
      { node_type: 'l2i', num_calls: 1, time_used_seconds: 2, failures: 1 },
    ]);
    expect(stats.graph_stats).toMatchObject({ execution_time_seconds: 3.500_001, wall_time_seconds: 4.25 });
    expect(stats.invocation_cache).toEqual({ hits: 1, misses: 1 });
    expect(SessionStats.parse(stats)).toEqual(stats);
  });

  test('what has no source is absent, never zero', () => {
    const world = new World();
    const statistics = new SessionStatistics({ now: () => world.now, memory: () => world.memory });
    const item = grant();
    statistics.before_session({ item });
    expect(statistics.get(item, world.meter)).toEqual({
      graph_stats: { execution_time_seconds: 0, wall_time_seconds: 0, ram_usage_gb: 4 },
      node_stats: [],
    });
  });

  test('memory is read at most every 50 ms, and its change is told where it was read again', () => {
    const world = new World();
    const item = world.started(grant());
    world.now = 49;
    world.memory = 5 * GB;
    expect(world.statistics.get(item, world.meter).graph_stats).toMatchObject({ ram_usage_gb: 4 });
    expect(world.statistics.get(item, world.meter).graph_stats).not.toHaveProperty('ram_change_gb');
    world.now = 60;
    expect(world.statistics.get(item, world.meter).graph_stats).toMatchObject({ ram_usage_gb: 5, ram_change_gb: 1 });
  });

  test('two runs at a time, also of one item, do not mix', () => {
    const world = new World();
    const [first, second] = [world.started(grant()), world.started(grant())];
    world.ran(first, 'add', 1);
    world.ran(second, 'noise', 2);
    expect(world.statistics.get(first, world.meter).node_stats).toMatchObject([{ node_type: 'add' }]);
    expect(world.statistics.get(second, world.meter).node_stats).toMatchObject([{ node_type: 'noise' }]);
  });

  test('an unknown session is refused by name, and so is one that was reset', () => {
    const world = new World();
    expect(() => world.statistics.get(grant(), world.meter)).toThrow(StatsNotFoundError);
    const item = world.started(grant());
    world.statistics.reset(item);
    expect(() => world.statistics.get(item, world.meter)).toThrow(StatsNotFoundError);
    world.ran(item, 'add', 1);
    expect(() => world.statistics.get(item, world.meter)).toThrow(StatsNotFoundError);
  });

  test('of very many node types those that took longest are kept', () => {
    const world = new World();
    const item = world.started(grant());
    for (let index = 0; index <= NODE_STATS_MAX; index++) world.ran(item, `t${index}`, index + 1);
    const { node_stats, graph_stats } = world.statistics.get(item, world.meter);
    expect(node_stats).toHaveLength(NODE_STATS_MAX);
    expect(node_stats.map((stats) => stats.node_type)).not.toContain('t0');
    expect(graph_stats.execution_time_seconds).toBe(((NODE_STATS_MAX + 1) * (NODE_STATS_MAX + 2)) / 2);
  });
});

test('the memory of models counts for a session what it did meanwhile, when it was asked for any', () => {
  const world = new World();
  const item = world.started(grant());
  expect(world.statistics.get(item, world.meter)).not.toHaveProperty('model_cache_stats');
  Object.assign(world.models, { total_usage: 2 * GB, hits: 12, misses: 6, models_cached: 3 });
  const stats = world.statistics.get(item, world.meter);
  expect(SessionStats.parse(stats).model_cache_stats).toEqual({
    ...{ high_water_mark_gb: 2, cache_size_gb: 8, total_usage_gb: 2 },
    ...{ cache_hits: 2, cache_misses: 1, models_cached: 3, models_cleared: 0 },
  });
});

describe('what a session waited for', () => {
  test('is counted once where it waited for several things together, also when they fail', async () => {
    let now = 0;
    const meter = new Meter(() => now);
    const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    const both = [meter.timed('asset_seconds', first.promise), meter.timed('asset_seconds', second.promise)] as const;
    now = 1_000;
    first.resolve(1);
    expect(await both[0]).toBe(1);
    now = 3_000;
    second.reject(new Error('no'));
    await expect(both[1]).rejects.toThrow('no');
    expect(meter).toMatchObject({ asset_seconds: 3, model_load_seconds: 0 });
  });

  test('stands with what was moved, once something was', () => {
    const world = new World();
    const item = world.started(grant());
    world.meter.model_load_seconds = 1.5;
    world.meter.bytes_written = 12;
    expect(world.statistics.get(item, world.meter)).toMatchObject({
      model_load_seconds: 1.5,
      transfer: { bytes_read: 0, bytes_written: 12, seconds: 0 },
    });
  });
});

describe('when a session ends', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-stats-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const reporting = (world: World, to: string | null) => {
    const logged: string[] = [];
    const report = new StatsReport({
      statistics: world.statistics,
      folder: to,
      log: (level, message) => logged.push(`${level} ${message}`),
    });
    return { logged, report };
  };

  test('its statistics are dumped before they are reset, in InvokeAI’s shape, and given once', () => {
    const world = new World();
    const { report, logged } = reporting(world, path.join(folder, 'new'));
    const item = world.started(grant());
    world.ran(item, 'add', 0.25);
    const given = report.take(item, world.meter);
    expect(readdirSync(path.join(folder, 'new'))).toEqual(['default_7.2.json']);
    const text = readFileSync(path.join(folder, 'new', 'default_7.2.json'), 'utf8');
    const dumped = JSON.parse(text) as { graph_stats: object; node_stats: object[] };
    expect(dumped.graph_stats).toMatchObject({ graph_execution_state_id: 'default:7', execution_time_seconds: 0.25 });
    expect(text).toContain('\n  "node_stats": [\n    {\n      "node_type": "add"');
    expect(dumped.node_stats).toEqual(SessionStats.parse(JSON.parse(given ?? '')).node_stats);
    expect(report.take(item, world.meter)).toBeUndefined();
    expect(logged).toEqual([]);
  });

  test('one that is over at once, well, and moved nothing needs no report; any other does', () => {
    const world = new World();
    const { report } = reporting(world, null);
    const ended = (outcome: 'completed' | 'failed' | 'canceled', seconds: number, meter = world.meter) => {
      const item = world.started(grant());
      world.ran(item, 'add', 0.001);
      world.hooks.call('after_session', { item, outcome, seconds });
      return report.take(item, meter) !== undefined;
    };
    const moved = new Meter(() => 0);
    moved.bytes_written = 1;
    expect([
      ended('completed', REPORTED_FROM_SECONDS - 0.001),
      ended('completed', REPORTED_FROM_SECONDS),
      ended('failed', 0),
      ended('canceled', 0),
      ended('completed', 0, moved),
    ]).toEqual([false, true, true, true, true]);
  });

  test('a session of a second or more has a table in the log, the slowest node first', () => {
    const world = new World();
    const { report, logged } = reporting(world, null);
    const item = world.started(grant());
    world.ran(item, 'add', 0.25);
    world.ran(item, 'denoise_latents', 2);
    world.now = 3_000;
    report.take(item, world.meter);
    expect(logged).toHaveLength(1);
    expect(logged[0]?.split('\n')).toEqual([
      'info session default:7: 3.000 s in all, 2.250 s in nodes, 4.00 GB of memory',
      '  node             calls  seconds',
      '  denoise_latents      1  2.000 s',
      '  add                  1  0.250 s',
    ]);
  });

  test('a folder that cannot be written is a warning, and the figures are given all the same', () => {
    const world = new World();
    writeFileSync(path.join(folder, 'file'), '');
    const { report, logged } = reporting(world, path.join(folder, 'file'));
    const item = world.started(grant());
    expect(report.take(item, world.meter)).toContain('graph_stats');
    expect(logged).toEqual([expect.stringMatching(/^warn the statistics are not written: /)]);
  });
});
