/** Pause and resume: whether the queue hands out work. */
import { ProcessorStatus } from '../../contract/queue/queue.ts';
import { endpoint, QUEUE_PREFIX } from '../endpoint.ts';
import type { App } from '../env.ts';
import { command } from './queue-call.ts';

export function registerProcessorRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/processor/pause`,
      operation_id: 'pause',
      tag: 'queue',
      summary: 'Start nothing more until the queue is resumed',
      description:
        'What runs goes on. What a runner was given and has not started is pending and nobody’s again. A paused queue takes new work, stays paused when it is restarted, and may be paused again.',
      scopes: ['admin'],
      responses: { 200: { description: 'The queue is paused.', schema: ProcessorStatus } },
    },
    async (c) => c.json(await command(c, 'pause', null)),
  );

  endpoint(
    app,
    {
      method: 'put',
      path: `${QUEUE_PREFIX}/processor/resume`,
      operation_id: 'resume',
      tag: 'queue',
      summary: 'Start items again',
      description: 'Idle runners are told at once. A queue that is not paused stays as it is.',
      scopes: ['admin'],
      responses: { 200: { description: 'The queue is not paused.', schema: ProcessorStatus } },
    },
    async (c) => c.json(await command(c, 'resume', null)),
  );
}
