/** The Worker's entry. */
import { closeEndedKeys } from './account/key-sockets.ts';
import { createApp } from './app.ts';
import type { Env } from './env.ts';
import { runScheduled } from './scheduled.ts';

export { QueueObject } from './queue/object.ts';

/** What people wait for; all else is done every hour. */
const EVERY_MINUTE = '* * * * *';

const app = createApp();

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  // As wrangler.toml names the times.
  scheduled: async ({ cron, scheduledTime }, env) => {
    await (cron === EVERY_MINUTE ? closeEndedKeys(env, scheduledTime) : runScheduled(env, scheduledTime));
  },
} satisfies ExportedHandler<Env>;
