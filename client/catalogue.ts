/** The node types that graphs may use, and those of runners that an admin decides about. */
import type { Catalogue } from '../contract/graph/catalogue.ts';
import type { CustomNode, CustomNodePage, CustomNodeStatus } from '../contract/graph/custom-node.ts';
import type { Call, Transport } from './transport.ts';

type Options = Pick<Call, 'signal'>;

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

  /** What runners announced, the newest first; for admins. */
  async *customNodes(status?: CustomNodeStatus, options: Options = {}): AsyncGenerator<CustomNode, void> {
    let cursor: string | undefined;
    do {
      const page: CustomNodePage = await this.#transport.json('GET', '/api/v1/catalogue/custom', {
        query: { status, cursor },
        ...options,
      });
      yield* page.nodes;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
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
