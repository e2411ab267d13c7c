import { describe, expect, test } from 'vitest';
import { SessionStats } from '../../contract/queue/statistics.ts';
import { packStats, unpackStats } from './packed-stats.ts';

const short: SessionStats = {
  graph_stats: { execution_time_seconds: 0.000_012, wall_time_seconds: 0.000_05 },
  node_stats: [{ node_type: 'string', num_calls: 1, time_used_seconds: 0.000_012 }],
};

const whole: SessionStats = {
  graph_stats: { execution_time_seconds: 3, wall_time_seconds: 4, ram_usage_gb: 1.5, ram_change_gb: -0.25 },
  vram_usage_gb: 2,
  model_cache_stats: {
    ...{ high_water_mark_gb: 1, cache_size_gb: 8, total_usage_gb: 1 },
    ...{ cache_hits: 3, cache_misses: 1, models_cached: 2, models_cleared: 0 },
  },
  node_stats: [
    { node_type: 'add', num_calls: 2, time_used_seconds: 1, cache_hits: 1 },
    { node_type: 'l2i', num_calls: 1, time_used_seconds: 2, failures: 1, delta_vram_gb: 0.5 },
    { node_type: 'noise', num_calls: 1, time_used_seconds: 0 },
  ],
  model_load_seconds: 0.5,
  invocation_cache: { hits: 1, misses: 0 },
  transfer: { bytes_read: 1, bytes_written: 0, seconds: 0.25 },
};

describe('statistics in a row', () => {
  test.each([
    ['of a short session', short],
    ['with every figure there is', whole],
    ['without a node', { ...short, node_stats: [] }],
  ])('come back as they were: %s', (_, stats) => {
    expect(unpackStats(packStats(SessionStats.parse(stats)))).toEqual(stats);
  });

  test('the case with every figure has every figure', () => {
    const has = (value: object, shape: object) => expect(Object.keys(value).sort()).toEqual(Object.keys(shape).sort());
    has(whole, SessionStats.shape);
    has(whole.graph_stats, SessionStats.shape.graph_stats.shape);
    has(Object.assign({}, ...whole.node_stats), SessionStats.shape.node_stats.element.shape);
  });

  test('a short session takes few bytes', () => {
    expect(packStats(short).length).toBeLessThan(70);
  });
});
