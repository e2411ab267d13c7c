/** An agent in a process of its own, for tests that kill it; its device has the nodes of device-child.ts. */
import { Agent } from '../../gpu-runner/agent/agent.ts';
import { systemClock } from '../../gpu-runner/agent/clock.ts';
import { makeLog } from '../../gpu-runner/agent/log.ts';
import { DEFAULT_SETTINGS } from '../../gpu-runner/device/settings.ts';

const [url = '', key = '', queue_id = '', cache = ''] = process.argv.slice(2);
const agent = new Agent({
  options: {
    ...{ url, key, queue_id, cache, runner_id: crypto.randomUUID(), name: 'test', device: 'cpu' },
    ...{ modelDisk: null, settings: { ...DEFAULT_SETTINGS, threads: 1 } },
    device_entry: new URL('./device-child.ts', import.meta.url),
    graceMs: 200,
  },
  clock: systemClock,
  log: makeLog('json', 'warn'),
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => agent.drain(signal));
process.exit(await agent.run());
