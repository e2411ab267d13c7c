import { z } from 'zod';
import { defineEvent } from './define.ts';

export const RunnerLost = defineEvent({
  name: 'runner_lost',
  description: 'A runner said goodbye, or was silent past its deadline; what it held is free again.',
  durable: true,
  payload: z.object({ runner_id: z.string(), runner_name: z.string(), reason: z.enum(['drained', 'silent']) }),
  build: (runner: { runner_id: string; name: string }, reason: 'drained' | 'silent') => ({
    runner_id: runner.runner_id,
    runner_name: runner.name,
    reason,
  }),
});
