import { z } from 'zod';
import { ItemError } from '../queue/item.ts';
import { defineEvent } from './define.ts';
import { InvocationEventShape, type InvocationIdentity, type ItemEventPayload, invocationEvent } from './item-event.ts';

export const InvocationError = defineEvent({
  name: 'invocation_error',
  description: 'A node failed, or its inputs did not fit (NodeInputError). The session ends.',
  durable: true,
  payload: z.object({ ...InvocationEventShape, ...ItemError.shape }),
  build: (item: ItemEventPayload, invocation: InvocationIdentity, error: ItemError) => ({
    ...invocationEvent(item, invocation),
    ...error,
  }),
});
