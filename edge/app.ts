/** The Worker's routes, put together. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { App, AppEnv } from './env.ts';
import { notFound, onError } from './problem.ts';
import { registerHealthRoute } from './routes/health.ts';

export function createApp(): App {
  const app: App = new OpenAPIHono<AppEnv>();
  app.use(async (c, next) => {
    c.set('request_id', crypto.randomUUID());
    await next();
  });
  app.onError(onError);
  app.notFound(notFound(app));
  registerHealthRoute(app);
  return app;
}
