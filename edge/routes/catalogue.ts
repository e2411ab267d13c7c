import { Catalogue } from '../../contract/graph/catalogue.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import { endpoint } from '../endpoint.ts';
import type { App } from '../env.ts';

export function registerCatalogueRoute(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/catalogue',
      operation_id: 'get_catalogue',
      tag: 'catalogue',
      summary: 'The node types that graphs may use',
      scopes: ['read', 'runner'],
      responses: { 200: { description: 'By type', schema: Catalogue } },
    },
    (c) => c.json(BUILTIN_CATALOGUE),
  );
}
