/** One runner: `node gpu-runner/main.ts --url U --key K --queue Q`. */
import { Agent } from './agent/agent.ts';
import { systemClock } from './agent/clock.ts';
import { EXIT } from './agent/edge-error.ts';
import { makeLog } from './agent/log.ts';
import { deviceSettings, readOptions } from './agent/options.ts';

const options = readOptions(process.argv.slice(2), process.env, EXIT.usage);
const { url, key, queue: queue_id, name, device, cache, logLevel } = options;
const log = makeLog(options.jsonLog ? 'json' : 'text', logLevel);
const agent = new Agent({
  options: {
    ...{ url, key, queue_id, name, device, cache, modelDisk: options.modelDisk },
    settings: deviceSettings(options),
    runner_id: crypto.randomUUID(),
    device_entry: new URL('device/main.ts', import.meta.url),
  },
  clock: systemClock,
  log,
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => agent.drain(signal));
process.exit(await agent.run());
