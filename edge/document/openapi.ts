/** /openapi.json: made from the routes' declarations and the registry of events. */
import { QueueEventSchema } from '../../contract/event/registry.ts';
import { StreamAck, StreamAcknowledge, StreamHello, StreamLive, StreamSnapshot } from '../../contract/event/stream.ts';
import { ModelLoadReport, ProgressReport, RunnerOrder } from '../../contract/runner/socket.ts';
import type { App } from '../env.ts';
import manifest from '../package.json' with { type: 'json' };
import { registerHeaders } from './operation.ts';

/** What travels on sockets only; the rest is found through the routes. */
const SOCKET_SCHEMAS = {
  QueueEvent: QueueEventSchema,
  StreamHello,
  StreamSnapshot,
  StreamLive,
  StreamAcknowledge,
  StreamAck,
  RunnerOrder,
  ProgressReport,
  ModelLoadReport,
};

export type OpenApiDocument = ReturnType<App['getOpenAPI31Document']>;

/** Called once the routes are there; adds to the registry what no route names. */
export function registerSocketSchemas(app: App): void {
  // A schema that was made before the library was loaded lacks its methods; a copy has them.
  for (const [name, schema] of Object.entries(SOCKET_SCHEMAS)) app.openAPIRegistry.register(name, schema.clone());
  registerHeaders(app);
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'sy_<id>_<secret>',
    description: 'A key. The roles of an operation are the scopes of which one is needed.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'ticket', {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'A ticket of POST …/tickets, for clients that cannot send a header.',
  });
}

export function openApiDocument(app: App): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Switchyard',
      version: manifest.version,
      description: 'A serverless session queue for ONNX workflow graphs. Refusals are problem documents (RFC 9457).',
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
  });
}
