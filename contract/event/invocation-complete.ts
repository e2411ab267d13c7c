import { z } from 'zod';
import { NodeOutput } from '../graph/graph.ts';
import { defineEvent } from './define.ts';
import { InvocationEventShape, type InvocationIdentity, type ItemEventPayload, invocationEvent } from './item-event.ts';

export const InvocationComplete = defineEvent({
  name: 'invocation_complete',
  description: 'The result of a node was recorded.',
  durable: true,
  payload: z.object({
    ...InvocationEventShape,
    result: NodeOutput,
    seconds: z.number().describe('on the device'),
    cached: z.boolean(),
  }),
  build: (
    item: ItemEventPayload,
    invocation: InvocationIdentity,
    done: { result: NodeOutput; seconds: number; cached: boolean },
  ) => ({
    ...invocationEvent(item, invocation),
    result: done.result,
    seconds: done.seconds,
    cached: done.cached,
  }),
});
