import { z } from 'zod';
import { defineEvent } from './define.ts';
import { InvocationEventShape, type InvocationIdentity, type ItemEventPayload, invocationEvent } from './item-event.ts';

export const InvocationStarted = defineEvent({
  name: 'invocation_started',
  description: 'A node of the session began to run.',
  durable: true,
  payload: z.object(InvocationEventShape),
  build: (item: ItemEventPayload, invocation: InvocationIdentity) => invocationEvent(item, invocation),
});
