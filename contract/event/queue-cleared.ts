import { z } from 'zod';
import { defineEvent } from './define.ts';

export const QueueCleared = defineEvent({
  name: 'queue_cleared',
  description: 'Every item in scope was removed; each that was running has a status event of its own before.',
  durable: true,
  payload: z.object({ user_id: z.string().nullable().describe('whose items; null: everybody’s') }),
  build: (user_id: string | null) => ({ user_id }),
});
