/** The Worker's routes, put together. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { App, AppEnv } from './env.ts';
import { notFound, onError } from './problem.ts';
import { registerAssetsRoutes } from './routes/assets.ts';
import { registerCatalogueRoute } from './routes/catalogue.ts';
import { registerDocumentRoutes } from './routes/documents.ts';
import { registerHealthRoute } from './routes/health.ts';
import { registerKeysRoutes } from './routes/keys.ts';
import { registerModelUploadRoutes } from './routes/model-uploads.ts';
import { registerModelsRoutes } from './routes/models.ts';
import { registerQueueRoutes } from './routes/queue-routes.ts';
import { registerQueuesRoutes } from './routes/queues.ts';
import { registerRunnerRoutes } from './routes/runner-routes.ts';

export function createApp(): App {
  const app: App = new OpenAPIHono<AppEnv>();
  app.use(async (c, next) => {
    c.set('request_id', crypto.randomUUID());
    await next();
  });
  app.onError(onError);
  app.notFound(notFound(app));
  registerQueuesRoutes(app);
  registerKeysRoutes(app);
  registerAssetsRoutes(app);
  registerModelsRoutes(app);
  registerModelUploadRoutes(app);
  registerQueueRoutes(app);
  registerRunnerRoutes(app);
  registerCatalogueRoute(app);
  registerHealthRoute(app);
  registerDocumentRoutes(app);
  return app;
}
