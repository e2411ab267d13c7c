/** Agents with real device children against an edge with faults, anew for each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { PinnedGraph } from '../../../contract/graph/graph.ts';
import { FakeEdge } from '../../../test/support/fake-edge.ts';
import { DEFAULT_SETTINGS, type DeviceSettings } from '../../device/settings.ts';
import { Agent, type AgentOptions } from '../agent.ts';
import { systemClock } from '../clock.ts';
import { type Log, makeLog } from '../log.ts';
import type { SessionSpans } from '../session-spans.ts';

export let edge: FakeEdge;
let cache: string;
let agents: { agent: Agent; ended: Promise<number> }[] = [];

/** Of the agents of this test. */
export const cacheFolder = (): string => cache;

/** To be called once by each file of tests. */
export function useEdge(): void {
  beforeEach(async () => {
    edge = await new FakeEdge().open();
    cache = mkdtempSync(path.join(os.tmpdir(), 'switchyard-agent-'));
  });

  afterEach(async () => {
    for (const { agent } of agents) {
      agent.drain('test over');
      agent.drain('test over');
    }
    await Promise.all(agents.map(({ ended }) => ended));
    agents = [];
    await edge.close();
    rmSync(cache, { recursive: true });
  });
}

interface StartOptions
  extends Partial<Pick<AgentOptions, 'key' | 'device' | 'device_entry' | 'hardCancelMs' | 'graceMs'>> {
  settings?: Partial<DeviceSettings>;
  spans?: SessionSpans;
  log?: Log;
}

export function start({ settings: changed, spans, log, ...options }: StartOptions = {}) {
  const settings = { ...DEFAULT_SETTINGS, threads: 1, ...changed };
  const agent = new Agent({
    options: {
      ...{
        ...edge.address,
        cache,
        runner_id: `runner-${agents.length}`,
        name: 'test',
        device: 'cpu',
        modelDisk: null,
        settings,
      },
      device_entry: new URL('../../../test/support/device-child.ts', import.meta.url),
      ...options,
    },
    clock: systemClock,
    log: log ?? makeLog('text', process.env.TEST_LOG ?? 'error'),
    spans: spans ?? null,
  });
  const started = { agent, ended: agent.run() };
  agents.push(started);
  return started;
}

/** The input that takes the value of the node before. */
const INPUTS: Record<string, string> = { add: 'a', long: 'length' };

/** One node after the other, each with the value of the one before; the last one's id is its type. */
export function graphOf(...types: string[]): PinnedGraph {
  const nodes = types.map((type, index) => ({
    ...{ id: `n${index}`, type, is_intermediate: false, use_cache: true },
    ...(type === 'add' ? { a: 0, b: 0 } : {}),
  }));
  const edges = types.slice(1).map((type, index) => ({
    source: { node_id: `n${index}`, field: 'value' },
    destination: { node_id: `n${index + 1}`, field: INPUTS[type] ?? 'value' },
  }));
  return { engine: 1, types: Object.fromEntries(types.map((type) => [type, '1.0.0'])), nodes, edges };
}

export const values = (count: number, node_path = 'n0', field_name = 'value') =>
  Array.from({ length: count }, (_, value) => [{ node_path, field_name, value }]);

export const wholeLog = (...ids: string[]) => [
  'session_started',
  ...ids.flatMap((id) => [`invocation_started ${id}`, `invocation_complete ${id}`]),
  'session_complete',
];

export const statuses = () => [...edge.queue.items.values()].map(({ state }) => state.status);
