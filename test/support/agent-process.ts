/**
 * An agent in a process of its own, for tests that kill it; its device has the nodes of device-child.ts. Whatever else
 * it is to have stands as JSON in SWITCHYARD_TEST_AGENT.
 */
import { Agent, type AgentOptions } from '../../gpu-runner/agent/agent.ts';
import { systemClock } from '../../gpu-runner/agent/clock.ts';
import { makeLog } from '../../gpu-runner/agent/log.ts';
import { DEFAULT_SETTINGS, type DeviceSettings } from '../../gpu-runner/device/settings.ts';

/** With a module beside this one that the device runs. */
export type AgentProcessOptions = Partial<Omit<AgentOptions, 'settings' | 'device_entry'>> & {
  child?: string;
  settings?: Partial<DeviceSettings>;
};

const [url = '', key = '', queue_id = '', cache = ''] = process.argv.slice(2);
const {
  child = 'device-child.ts',
  settings,
  ...more
}: AgentProcessOptions = JSON.parse(process.env.SWITCHYARD_TEST_AGENT ?? '{}');
const agent = new Agent({
  options: {
    ...{ url, key, queue_id, cache, runner_id: crypto.randomUUID(), name: 'test', device: 'cpu' },
    ...{ modelDisk: null, settings: { ...DEFAULT_SETTINGS, threads: 1, ...settings } },
    device_entry: new URL(child, import.meta.url),
    graceMs: 200,
    ...more,
  },
  clock: systemClock,
  log: makeLog('json', 'warn'),
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => agent.drain(signal));
process.exit(await agent.run());
