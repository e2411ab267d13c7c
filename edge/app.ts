/** The Worker's routes, put together. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { crossOrigin } from './cross-origin.ts';
import { hex } from './digest.ts';
import type { App, AppEnv } from './env.ts';
import { notFound, onError } from './problem.ts';
import { registerAssetPreviewRoutes } from './routes/asset-previews.ts';
import { registerAssetsRoutes } from './routes/assets.ts';
import { registerAuditRoutes } from './routes/audit.ts';
import { registerCatalogueRoutes } from './routes/catalogue.ts';
import { registerCustomNodeRoutes } from './routes/custom-nodes.ts';
import { registerDocumentRoutes } from './routes/documents.ts';
import { registerHealthRoute } from './routes/health.ts';
import { registerInvocationCacheRoutes } from './routes/invocation-cache.ts';
import { registerKeysRoutes } from './routes/keys.ts';
import { registerModelUploadRoutes } from './routes/model-uploads.ts';
import { registerModelsRoutes } from './routes/models.ts';
import { registerQueueRoutes } from './routes/queue-routes.ts';
import { registerQueuesRoutes } from './routes/queues.ts';
import { registerRunnerRoutes } from './routes/runner-routes.ts';
import { traceOf } from './trace.ts';

export function createApp(): App {
  const app: App = new OpenAPIHono<AppEnv>();
  app.use(async (c, next) => {
    const request_id = crypto.randomUUID();
    c.set('request_id', request_id);
    c.set('trace', traceOf(c.req.header('traceparent'), hex(crypto.getRandomValues(new Uint8Array(24)))));
    await next();
    // The answer that opens a socket cannot be changed.
    if (c.res.status !== 101) c.header('x-request-id', request_id);
  });
  app.use(crossOrigin);
  app.onError(onError);
  app.notFound(notFound(app));
  registerQueuesRoutes(app);
  registerInvocationCacheRoutes(app);
  registerKeysRoutes(app);
  registerAuditRoutes(app);
  registerAssetsRoutes(app);
  registerAssetPreviewRoutes(app);
  registerModelsRoutes(app);
  registerModelUploadRoutes(app);
  registerQueueRoutes(app);
  registerRunnerRoutes(app);
  registerCatalogueRoutes(app);
  registerCustomNodeRoutes(app);
  registerHealthRoute(app);
  registerDocumentRoutes(app);
  return app;
}
