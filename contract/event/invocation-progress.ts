import { z } from 'zod';
import { ProgressImage } from '../runner/socket.ts';
import { defineEvent } from './define.ts';
import { InvocationEventShape, type InvocationIdentity, type ItemEventPayload, invocationEvent } from './item-event.ts';

export const InvocationProgress = defineEvent({
  name: 'invocation_progress',
  description: 'How far a running node is. Coalesced when a socket is slow, never stored, seen by the owner only.',
  durable: false,
  payload: z.object({
    ...InvocationEventShape,
    message: z.string(),
    percentage: z.number().min(0).max(1).nullable(),
    image: ProgressImage.nullable(),
    device: z.string().nullable(),
  }),
  build: (
    item: ItemEventPayload,
    invocation: InvocationIdentity,
    progress: { message: string; percentage: number | null; image: ProgressImage | null; device: string | null },
  ) => ({
    ...invocationEvent(item, invocation),
    message: progress.message,
    percentage: progress.percentage,
    image: progress.image,
    device: progress.device,
  }),
});
