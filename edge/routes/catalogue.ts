import { z } from 'zod';
import { Catalogue, JsonSchema } from '../../contract/graph/catalogue.ts';
import { graphSchema } from '../../graph/catalogue/schema.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
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

  const catalogue = cacheable('application/json', () => BUILTIN_CATALOGUE);
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

  const schema = cacheable(SCHEMA_CONTENT_TYPE, () => graphSchema(BUILTIN_CATALOGUE));
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

/** Serves a document that stays the same for as long as this isolate lives: made when it is first asked for. */
function cacheable(contentType: string, make: () => unknown): (c: AppContext) => Promise<Response> {
  let made: Promise<{ body: string; etag: string }> | undefined;
  const serialize = async () => {
    const body = JSON.stringify(make());
    return { body, etag: `"${await sha256Hex(body)}"` };
  };
  return async (c) => {
    made ??= serialize();
    const { body, etag } = await made;
    // Kept by its reader alone, and asked for again each time: another deployment may know other nodes.
    const headers = { etag, 'cache-control': 'private, no-cache' };
    const known = c.req.header('if-none-match');
    if (known !== undefined && namesEtag(known, etag)) return new Response(null, { status: 304, headers });
    return new Response(body, { headers: { ...headers, 'content-type': contentType } });
  };
}
