/** One runner: `node gpu-runner/main.ts --url U --key K --queue Q`. */
import { Agent } from './agent/agent.ts';
import { systemClock } from './agent/clock.ts';
import { EXIT } from './agent/edge-error.ts';
import { makeLog } from './agent/log.ts';
import { deviceSettings, readOptions } from './agent/options.ts';
import { openTracing } from './agent/tracing.ts';

const options = readOptions(process.argv.slice(2), process.env, EXIT.usage);
const { url, key, queue: queue_id, name, device, cache, logLevel } = options;
const log = makeLog(options.jsonLog ? 'json' : 'text', logLevel);
const runner_id = crypto.randomUUID();
const tracing = await openTracing({ env: process.env, queue_id, runner_id, name, log, now: systemClock.now });
const agent = new Agent({
  options: {
    ...{ url, key, queue_id, name, device, cache, modelDisk: options.modelDisk },
    settings: deviceSettings(options),
    runner_id,
    device_entry: new URL('device/main.ts', import.meta.url),
  },
  clock: systemClock,
  log,
  spans: tracing?.spans ?? null,
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => agent.drain(signal));
const exitCode = await agent.run();
await tracing?.close();
process.exit(exitCode);
