import { z } from 'zod';
import { Catalogue, JsonSchema } from '../../contract/graph/catalogue.ts';
import { graphSchema } from '../../graph/catalogue/schema.ts';
import { presentCatalogue } from '../catalogue.ts';
import { sha256Hex } from '../digest.ts';
import { endpoint } from '../endpoint.ts';
import type { App, AppContext } from '../env.ts';
import { namesEtag } from '../store/range.ts';

const SCHEMA_CONTENT_TYPE = 'application/schema+json';

export function registerCatalogueRoutes(app: App): void {
  const describe = {
    method: 'get',
    tag: 'catalogue',
    scopes: ['read', 'runner'],
    headers: z.object({ 'if-none-match': z.string().optional() }),
  } as const;
  const unchanged = { 304: { description: 'You have it' } };

  const catalogue = cacheable('application/json', (present) => present);
  endpoint(
    app,
    {
      ...describe,
      path: '/api/v1/catalogue',
      operation_id: 'get_catalogue',
      summary: 'The node types that graphs may use',
      responses: { 200: { description: 'By type', schema: Catalogue }, ...unchanged },
    },
    catalogue,
  );

  const schema = cacheable(SCHEMA_CONTENT_TYPE, graphSchema);
  endpoint(
    app,
    {
      ...describe,
      path: '/api/v1/catalogue/schema',
      operation_id: 'get_catalogue_schema',
      summary: 'The same as a JSON Schema 2020-12 of workflow files, for editors and validators',
      responses: {
        200: { description: 'The schema', schema: JsonSchema, content_type: SCHEMA_CONTENT_TYPE },
        ...unchanged,
      },
    },
    schema,
  );
}

/** Serves a document that is made of the catalogue: anew only when that is another one. */
function cacheable(contentType: string, make: (catalogue: Catalogue) => unknown): (c: AppContext) => Promise<Response> {
  let made: { of: Catalogue; document: Promise<{ body: string; etag: string }> } | undefined;
  const serialize = async (catalogue: Catalogue) => {
    const body = JSON.stringify(make(catalogue));
    return { body, etag: `"${await sha256Hex(body)}"` };
  };
  return async (c) => {
    const catalogue = await presentCatalogue(c.env, Date.now());
    if (made?.of !== catalogue) made = { of: catalogue, document: serialize(catalogue) };
    const { body, etag } = await made.document;
    // Kept by its reader alone, and asked for again each time: another deployment, or a decision, may bring other nodes.
    const headers = { etag, 'cache-control': 'private, no-cache' };
    const known = c.req.header('if-none-match');
    if (known !== undefined && namesEtag(known, etag)) return new Response(null, { status: 304, headers });
    return new Response(body, { headers: { ...headers, 'content-type': contentType } });
  };
}
