/** An agent with the device of clock-device.ts; its arguments are url, key, queue and folder of models. */
import { Agent } from '../../gpu-runner/agent/agent.ts';
import { systemClock } from '../../gpu-runner/agent/clock.ts';
import { makeLog } from '../../gpu-runner/agent/log.ts';
import { DEFAULT_SETTINGS } from '../../gpu-runner/device/settings.ts';

const [url = '', key = '', queue_id = '', cache = ''] = process.argv.slice(2);
const agent = new Agent({
  options: {
    ...{ url, key, queue_id, cache, runner_id: crypto.randomUUID(), name: 'bench', device: 'cpu' },
    ...{ modelDisk: null, settings: DEFAULT_SETTINGS },
    device_entry: new URL('./clock-device.ts', import.meta.url),
  },
  clock: systemClock,
  log: makeLog('json', 'warn'),
});
// The bench may end without a word.
process.once('disconnect', () => process.exit());
process.exit(await agent.run());
