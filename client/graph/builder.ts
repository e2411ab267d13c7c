/**
 * Builds graphs. What a node takes and gives is known to the compiler alone: the builder itself knows no node type, so a
 * page that uses it does not carry their catalogue.
 */
import { NAME_PATTERN } from '../../contract/name-pattern.ts';
import type { PlainGraph } from '../run/graph-source.ts';
import type { BranchFlow, CollectedFrom, ElementOf, FlowOf, Items, MustBeList, MustBeOneType } from './control.ts';
import type { AddedNode, CollectNode, IfNode, IterateNode, NodeOptions, NodeShapes } from './handle.ts';
import { GraphError, literalOf } from './literal.ts';
import type { IntoBoolean, NodeTypes } from './node-types.generated.ts';
import type { Port } from './output.ts';
import { type JsonValue, type Later, later } from './value.ts';

type Edge = NonNullable<PlainGraph['edges']>[number];

export interface GraphOptions {
  /** Of nodes that do not say it themselves: true leaves only those outputs that say `is_intermediate: false`. */
  is_intermediate?: boolean;
}

/** Begins a graph. With nodes of a runner's own: `graph<NodeTypes & MyNodes>()`. */
export function graph<Types extends NodeShapes<Types> = NodeTypes>(options: GraphOptions = {}): GraphBuilder<Types> {
  return new GraphBuilder<Types>(options);
}

/** An output as it is at runtime. */
class PortOf {
  readonly node_id: string;
  readonly field: string;
  readonly #owner: GraphBuilder<never>;

  constructor(owner: GraphBuilder<never>, node_id: string, field: string) {
    this.#owner = owner;
    this.node_id = node_id;
    this.field = field;
  }

  static isOf(owner: GraphBuilder<never>, port: PortOf): boolean {
    return port.#owner === owner;
  }
}

const isPort = (value: unknown): value is PortOf => value instanceof PortOf;

/** Any name is an output: which ones there are, the compiler knows. */
const outputsOf = (owner: GraphBuilder<never>, id: string): object =>
  new Proxy(Object.freeze({}), {
    get: (_, field) => (typeof field === 'string' ? new PortOf(owner, id, field) : undefined),
  });

export class GraphBuilder<Types extends NodeShapes<Types> = NodeTypes> {
  readonly #nodes = new Map<string, PlainGraph['nodes'][string]>();
  readonly #edges: Edge[] = [];
  readonly #options: GraphOptions;

  constructor(options: GraphOptions = {}) {
    this.#options = options;
  }

  /**
   * Adds a node. Inputs are values, or outputs of nodes of the same graph. Throws a GraphError that says what to do on an
   * id that is taken, an output of another graph, or a value that JSON cannot say.
   */
  add<Type extends keyof Types & string>(
    type: Type,
    inputs: Types[Type]['inputs'],
    options: NodeOptions = {},
  ): AddedNode<Type, Types[Type]['inputs'], Types[Type]['outputs']> {
    const { is_intermediate = this.#options.is_intermediate } = options;
    return this.#add(type, inputs, { ...options, is_intermediate }) as never;
  }

  /** What takes its item runs once for each element of the list. */
  iterate<P extends Port>(
    collection: P & MustBeList<P>,
    options: Pick<NodeOptions, 'id'> = {},
  ): IterateNode<ElementOf<FlowOf<P>>> {
    return this.#add('iterate', { collection }, options) as never;
  }

  /**
   * Gathers items (one output or several) behind those of a collection, and ends the innermost iteration that the items
   * come from.
   */
  collect<const Item extends Items = never, Collection extends Port = never>(
    inputs: { item?: Item; collection?: Collection } & MustBeOneType<Item, Collection> & {
        collection?: MustBeList<Collection>;
      },
    options: Pick<NodeOptions, 'id'> = {},
  ): CollectNode<CollectedFrom<Item, Collection>> {
    const item: Items | undefined = inputs.item;
    const given = Array.isArray(item) && item.length === 0 ? { ...inputs, item: undefined } : inputs;
    if (given.item === undefined && given.collection === undefined)
      throw new GraphError('A collect node gathers something: give it an item or a collection.');
    return this.#add('collect', given, options) as never;
  }

  /** Passes on one of two inputs, an output or a value. What only the other one needs does not run. */
  if<const True = undefined, const False = undefined>(
    inputs: { condition: boolean | IntoBoolean | Later; true_input?: True & Branch; false_input?: False & Branch },
    options: Pick<NodeOptions, 'id'> = {},
  ): IfNode<BranchFlow<True> | BranchFlow<False>> {
    return this.#add('if', inputs, options) as never;
  }

  /** The graph as it is submitted, in the order in which the nodes were added. */
  toGraph(): PlainGraph {
    return structuredClone({ nodes: Object.fromEntries(this.#nodes), edges: this.#edges });
  }

  #add(type: string, inputs: object, options: NodeOptions): object {
    const id = this.#idOf(type, options.id);
    const node: Record<string, JsonValue> = {};
    const edges: Edge[] = [];
    for (const [field, value] of Object.entries(inputs)) {
      if (value === undefined || value === later) continue;
      // Only the items of a collector come along several edges.
      const ports = type === 'collect' && field === 'item' && Array.isArray(value) ? value : [value];
      if (!ports.some(isPort)) node[field] = literalOf(value, `${id}.${field}`, isPort);
      else for (const port of ports) edges.push(this.#edge(port, id, field));
    }
    const { is_intermediate, use_cache, version } = options;
    this.#nodes.set(id, {
      type,
      ...(version === undefined ? {} : { version }),
      ...(is_intermediate ? { is_intermediate } : {}),
      ...(use_cache === false ? { use_cache } : {}),
      ...node,
    });
    this.#edges.push(...edges);
    return Object.freeze({ id, type, out: outputsOf(this as never, id) });
  }

  #edge(port: unknown, id: string, field: string): Edge {
    const place = `"${id}.${field}"`;
    if (!isPort(port)) throw new GraphError(`${place} takes outputs of nodes only; one of those given is none.`);
    if (!PortOf.isOf(this as never, port))
      throw new GraphError(
        `${place} is given "${port.node_id}.${port.field}" of another graph; add that node to this graph, and give its output.`,
      );
    return { source: { node_id: port.node_id, field: port.field }, destination: { node_id: id, field } };
  }

  #idOf(type: string, wanted: string | undefined): string {
    if (wanted === undefined) {
      let id = type;
      for (let number = 2; this.#nodes.has(id); number++) id = `${type}_${number}`;
      return id;
    }
    if (!NAME_PATTERN.test(wanted))
      throw new GraphError(`"${wanted}" is no id of a node; use 1 to 128 letters, digits, "_", "-", "." and ":".`);
    if (this.#nodes.has(wanted))
      throw new GraphError(`The graph has a node "${wanted}" already; give this one another id.`);
    return wanted;
  }
}

/** What a branch takes: an output of any type, or a value. */
type Branch = Port | JsonValue | undefined;
