/** The node types that are bundled with the Worker; generated from the runner's nodes. */
import type { Catalogue } from '../contract/graph/catalogue.ts';
import builtin from '../graph/catalogue/builtin.json' with { type: 'json' };

export const BUILTIN_CATALOGUE = { node_types: builtin.node_types } as Catalogue;
