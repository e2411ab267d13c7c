import { asyncApiDocument } from '../document/asyncapi.ts';
import { openApiDocument, registerSocketSchemas } from '../document/openapi.ts';
import { endpoint } from '../endpoint.ts';
import type { App } from '../env.ts';

/** Registered last: the document is made from the routes that are there when it is first asked for. */
export function registerDocumentRoutes(app: App): void {
  registerSocketSchemas(app);
  let openapi: ReturnType<typeof openApiDocument> | undefined;
  const document = () => {
    openapi ??= openApiDocument(app);
    return openapi;
  };
  const describe = { method: 'get', tag: 'system', scopes: null } as const;
  const responses = { 200: { description: 'The document', content_type: 'application/json' } };

  endpoint(
    app,
    { ...describe, path: '/openapi.json', operation_id: 'get_openapi', summary: 'This document', responses },
    (c) => c.json(document()),
  );
  endpoint(
    app,
    { ...describe, path: '/asyncapi.json', operation_id: 'get_asyncapi', summary: 'The sockets', responses },
    (c) => c.json(asyncApiDocument(document())),
  );
}
