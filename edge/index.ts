/** The Worker's entry. */
import { createApp } from './app.ts';
import type { Env } from './env.ts';
import { runScheduled } from './scheduled.ts';

export { QueueObject } from './queue/object.ts';

const app = createApp();

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  scheduled: async ({ scheduledTime }, env) => {
    await runScheduled(env, scheduledTime);
  },
} satisfies ExportedHandler<Env>;
