import type { PinnedGraph } from '../../contract/graph/graph.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { systemClock } from '../../gpu-runner/agent/clock.ts';
import { DeviceProcess } from '../../gpu-runner/agent/device-process.ts';
import { makeLog } from '../../gpu-runner/agent/log.ts';
import type { FromDevice } from '../../gpu-runner/device/messages.ts';
import { DEFAULT_SETTINGS } from '../../gpu-runner/device/settings.ts';
import { defineBench } from './bench.ts';
import { measured } from './sample.ts';

const NODES = 2_000;
const BATCH = 'chain';

const nodeId = (index: number): string => `add-${index}`;

/** Each node adds 1 to the sum of the one before it. */
const CHAIN: PinnedGraph = {
  engine: ENGINE_VERSION,
  types: { add: '1.0.0' },
  nodes: Array.from({ length: NODES }, (_, index) => {
    return { id: nodeId(index), type: 'add', a: 0, b: 1, is_intermediate: false, use_cache: true };
  }),
  edges: Array.from({ length: NODES - 1 }, (_, index) => ({
    source: { node_id: nodeId(index), field: 'value' },
    destination: { node_id: nodeId(index + 1), field: 'a' },
  })),
};

const grant = (item_id: number) => ({
  ...{ item_id, fence: 1, token: 'token', session_id: `session-${item_id}`, batch_id: BATCH, user_id: 'system' },
  values: [],
  results: [],
  max_run_seconds: null,
  max_node_seconds: null,
  traceparent: null,
  cache_scope: '0/user/system',
});

export default defineBench({
  name: 'node_overhead',
  what: `what a node that only adds costs a real device child: a session of ${NODES} in a row, by the device’s own watch`,
  unit: 'µs',
  target: { at_most: 50 },
  runs: 50,
  run: async ({ runs, progress, signal }) => {
    const device = new Device();
    signal.addEventListener('abort', () => device.stop(), { once: true });
    try {
      await device.start();
      const samples: number[] = [];
      for (let run = -10; run < runs; run++) {
        const seconds = await device.session(run);
        if (run >= 0) samples.push((seconds / NODES) * 1e6);
        progress(run + 1, runs);
      }
      return measured(samples);
    } finally {
      device.stop();
    }
  },
});

/** A device child as an agent has it, and the agent's part played here. */
class Device {
  readonly #process: DeviceProcess;
  #ready: () => void = () => {};
  #failed: (error: Error) => void = () => {};
  #completed: (seconds: number) => void = () => {};

  constructor() {
    this.#process = new DeviceProcess({
      entry: new URL('../../gpu-runner/device/main.ts', import.meta.url),
      candidates: ['cpu'],
      settings: DEFAULT_SETTINGS,
      clock: systemClock,
      log: makeLog('json', 'error'),
      isWatched: () => false,
      onReady: () => this.#ready(),
      onMessages: (messages) => this.#take(messages),
      onLost: (_, { reason }) => this.#failed(new Error(reason)),
      onUnusable: (reason) => this.#failed(new Error(reason)),
    });
  }

  #take(messages: readonly FromDevice[]): void {
    for (const message of messages) {
      if (message.kind !== 'entry') continue;
      if (message.entry === 'session_complete') this.#completed(message.seconds ?? Number.NaN);
      if (message.entry === 'session_failed') this.#failed(new Error(message.json));
    }
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ready = () => {
        this.#process.post({ kind: 'batch', batch_id: BATCH, graph: CHAIN });
        resolve();
      };
      this.#failed = reject;
      this.#process.start();
    });
  }

  /** Seconds that it took. */
  session(number: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#completed = resolve;
      this.#failed = reject;
      this.#process.post({ kind: 'run', ticket: number + 1_000, grant: grant(number + 1_000) });
    });
  }

  stop(): void {
    this.#process.stop('the bench is over');
  }
}
