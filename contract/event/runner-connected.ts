import { z } from 'zod';
import { defineEvent } from './define.ts';

export const RunnerConnected = defineEvent({
  name: 'runner_connected',
  description: 'A runner registered.',
  durable: true,
  payload: z.object({ runner_id: z.string(), runner_name: z.string(), devices: z.array(z.string()) }),
  build: (runner: { runner_id: string; name: string; devices: string[] }) => ({
    runner_id: runner.runner_id,
    runner_name: runner.name,
    devices: runner.devices,
  }),
});
