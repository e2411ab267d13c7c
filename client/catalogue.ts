/** The node types that graphs may use, and those of runners that an admin decides about. */
import type { Catalogue, JsonSchema } from '../contract/graph/catalogue.ts';
import type { CustomNode, CustomNodePage, CustomNodeStatus } from '../contract/graph/custom-node.ts';
import { pagesOf } from './pages.ts';
import type { Options, Transport } from './transport.ts';

/** One definition; the digest says which, of several under one name. */
export type NamedNode = Pick<CustomNode, 'type' | 'version' | 'digest'>;

export class CatalogueClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get(options: Options = {}): Promise<Catalogue> {
    return this.#transport.json('GET', '/api/v1/catalogue', options);
  }

  /** The same as a JSON Schema 2020-12 of workflow files, for editors and validators. */
  schema(options: Options = {}): Promise<JsonSchema> {
    return this.#transport.json('GET', '/api/v1/catalogue/schema', options);
  }

  /** What runners announced, the newest first; for admins. */
  customNodes(status?: CustomNodeStatus, options: Options = {}): AsyncGenerator<CustomNode, void> {
    const path = '/api/v1/catalogue/custom';
    return pagesOf(
      (cursor) => this.#transport.json<CustomNodePage>('GET', path, { query: { status, cursor }, ...options }),
      (page) => page.nodes,
    );
  }

  /** Graphs may use it from now on. */
  approve(node: NamedNode, options: Options = {}): Promise<CustomNode> {
    return this.#decide('approve', node, options);
  }

  /** No graph may use it that is enqueued from now on. */
  reject(node: NamedNode, options: Options = {}): Promise<CustomNode> {
    return this.#decide('reject', node, options);
  }

  #decide(verb: 'approve' | 'reject', { type, version, digest }: NamedNode, options: Options): Promise<CustomNode> {
    const path = `/api/v1/catalogue/custom/${encodeURIComponent(type)}/${encodeURIComponent(version)}/${verb}`;
    return this.#transport.json('PUT', path, { json: { digest }, ...options });
  }
}
