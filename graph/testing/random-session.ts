/**
 * Random graphs that are right, of every shape: loops in loops, beside each other and in turn, over ragged and empty
 * lists, collects of many edges, ifs whose branches hold all of these, live values through all of them.
 */
import fc from 'fast-check';
import type { GraphEdge, GraphNode, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import { ENGINE_VERSION } from '../../contract/version.ts';
import { CONTROL_NODE_TYPES } from '../control.ts';
import { catalogueOf, nodeType } from './node-types.ts';
import type { Run } from './run-session.ts';

const CLASSES = ['alpha', 'beta', 'gamma'];
const durable = { type: 'any', schema: { default: 0 } };
const live = (type: string) => ({ type, required: false });

/** Classes that differ in nothing but their names. */
export const RANDOM_CATALOGUE = catalogueOf(
  ...CONTROL_NODE_TYPES,
  ...CLASSES.map((type) =>
    nodeType(
      type,
      { a: durable, b: durable, x: live('latents|null'), y: live('latents|null'), xs: live('latents[]|null') },
      { value: 'integer', flag: 'boolean', list: 'integer[]', lists: 'any[]', live: 'latents', lives: 'latents[]' },
    ),
  ),
);

/** What an output carries, and how many lists deep. */
interface Kind {
  base: 'integer' | 'flag' | 'live';
  depth: number;
  nullable: boolean;
}

interface Port extends Kind {
  node_id: string;
  field: string;
}

const kind = (base: Kind['base'], depth: number): Kind => ({ base, depth, nullable: false });

const OUTPUTS: Record<string, Kind> = {
  value: kind('integer', 0),
  flag: kind('flag', 0),
  list: kind('integer', 1),
  lists: kind('integer', 2),
  live: kind('live', 0),
  lives: kind('live', 1),
};

/** Everything that comes in decides everything that goes out, so that a wrong input shows in every result after it. */
export const runRandom: Run = ({ inputs }) => {
  const value = digest(Object.values(inputs));
  const list = Array.from({ length: ((value >> 3) % 7) >> 1 }, (_, at) => (value + at) % 1_000);
  return {
    value,
    flag: (value >> 5) % 2 === 0,
    list,
    lists: list.map((each) => list.slice(0, (each >> 2) % 3)),
    live: { shape: [value % 7], sum: value },
    lives: list.map((sum) => ({ shape: [1, sum], sum })),
  };
};

/** A number below 2^31 that any change changes; null, false, 0 and an empty list differ. */
function digest(value: unknown, seed = 17): number {
  const mix = (number: number) => Math.imul(seed ^ number, 0x9e3779b1) >>> 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => digest(each, sum), mix(value.length + 5));
  if (typeof value === 'number') return mix(value * 4);
  if (typeof value === 'boolean') return mix(value ? 1 : 2);
  if (value === null || value === undefined) return mix(3);
  return digest((value as { sum: number }).sum, mix(7));
}

/** What random numbers make of one node: `form` says which, `picks` where its inputs come from. */
interface Gene {
  form: number;
  picks: number[];
}

export interface RandomSession {
  graph: PinnedGraph;
  values: NodeFieldValue[];
}

const gene = fc.record({ form: fc.nat(23), picks: fc.array(fc.nat(47), { minLength: 6, maxLength: 6 }) });
const GENES_MAX = 18;

/**
 * The nodes are submitted in another order than that in which they depend on each other. Without bias: small graphs of
 * small numbers would have hardly an edge.
 */
export const randomSession: fc.Arbitrary<RandomSession> = fc
  .noBias(
    fc.tuple(
      fc.array(gene, { minLength: 1, maxLength: GENES_MAX, size: 'max' }),
      fc.array(fc.nat(), { minLength: GENES_MAX, maxLength: GENES_MAX }),
      fc.array(fc.nat(40), { maxLength: 3 }),
    ),
  )
  .map(([genes, seeds, substituted]) => {
    const builder = new Builder();
    for (const each of genes) builder.add(each);
    const graph = builder.graph(seeds);
    return { graph, values: substitutions(graph, substituted) };
  });

class Builder {
  readonly #nodes: GraphNode[] = [];
  readonly #edges: GraphEdge[] = [];
  readonly #ports: Port[] = [];

  add(gene: Gene): void {
    const { form } = gene;
    const isDone =
      (form >= 8 && form < 12 && this.#iterate(gene)) ||
      (form >= 12 && form < 15 && this.#collect(gene)) ||
      (form >= 15 && form < 18 && this.#loop(gene)) ||
      (form >= 18 && form < 21 && this.#branch(gene)) ||
      (form >= 21 && this.#if(gene));
    if (!isDone) this.#ordinary(gene);
  }

  graph(seeds: readonly number[]): PinnedGraph {
    const nodes = this.#nodes
      .map((node, at) => ({ node, seed: seeds[at % seeds.length] ?? 0 }))
      .sort((a, b) => a.seed - b.seed)
      .map(({ node }) => node);
    const types = CLASSES.filter((type) => nodes.some((node) => node.type === type));
    return {
      engine: ENGINE_VERSION,
      types: Object.fromEntries(types.map((type) => [type, '1.0.0'])),
      nodes,
      edges: this.#edges,
    };
  }

  #ordinary({ form, picks }: Gene): void {
    const id = this.#node(CLASSES[form % CLASSES.length]!);
    const isDurable = ({ base }: Port) => base !== 'live';
    const isLive = (wanted: number) => (port: Port) => port.base === 'live' && port.depth === wanted;
    this.#link(this.#maybe(picks[0]!, isDurable), id, 'a', this.#nodes.length);
    this.#link(this.#maybe(picks[1]! - 12, isDurable), id, 'b', 0);
    this.#link(this.#maybe(picks[2]! - 10, isLive(0)), id, 'x');
    this.#link(this.#maybe(picks[3]! - 18, isLive(0)), id, 'y');
    this.#link(this.#maybe(picks[4]! - 14, isLive(1)), id, 'xs');
    for (const [field, each] of Object.entries(OUTPUTS)) this.#ports.push({ ...each, node_id: id, field });
  }

  #iterate({ picks }: Gene): boolean {
    const list = this.#pick(picks[0]!, ({ depth, nullable }) => depth > 0 && !nullable);
    if (list === undefined) return false;
    const id = this.#node('iterate');
    this.#link(list, id, 'collection');
    this.#ports.push({ ...kind('integer', 0), node_id: id, field: 'index' });
    this.#ports.push({ ...kind('integer', 0), node_id: id, field: 'total' });
    this.#ports.push({ ...list, depth: list.depth - 1, node_id: id, field: 'item' });
    return true;
  }

  #collect({ picks }: Gene): boolean {
    const first = this.#pick(picks[0]!, ({ base, depth, nullable }) => depth < (base === 'live' ? 1 : 2) && !nullable);
    if (first === undefined) return false;
    const like = (depth: number) => (port: Port) => port.base === first.base && port.depth === depth && !port.nullable;
    const id = this.#node('collect');
    const items = [first, this.#maybe(picks[1]!, like(first.depth)), this.#maybe(picks[2]! - 12, like(first.depth))];
    const collection = this.#maybe(picks[3]!, like(first.depth + 1));
    for (const item of new Set(items)) if (collection === undefined || picks[4]! > 4) this.#link(item, id, 'item');
    this.#link(collection, id, 'collection');
    this.#ports.push({ ...first, depth: first.depth + 1, node_id: id, field: 'collection' });
    return true;
  }

  /** A whole loop that ends in one list, which an if may well take. */
  #loop(gene: Gene): boolean {
    if (!this.#iterate(gene)) return false;
    this.#ordinary({ ...gene, picks: [24, ...gene.picks.slice(1)] });
    return this.#collect({ ...gene, picks: [0, 0, 0, 0, 0, 0] });
  }

  /** An if with a branch of its own: a node, a loop, or a node and a loop over what it gives. */
  #branch(gene: Gene): boolean {
    const [, ...others] = gene.picks;
    const size = others.at(-1)! % 3;
    const newest = { ...gene, picks: [0, ...others] };
    if (size > 0) this.#ordinary(gene);
    if (size !== 1) this.#loop(size === 2 ? newest : gene);
    return this.#if(newest);
  }

  #if({ picks }: Gene): boolean {
    const first = this.#pick(picks[0]!, () => true);
    if (first === undefined) return false;
    const second = this.#maybe(picks[1]! + 8, ({ base, depth }) => base === first.base && depth === first.depth);
    const id = this.#node('if');
    const condition = this.#maybe(picks[2]! + 8, ({ base, depth, nullable }) => base === 'flag' && !depth && !nullable);
    const literal = first.base === 'integer' && first.depth === 0 && picks[3]! > 20 ? 7 : null;
    const [yes, no] = picks[4]! % 2 === 0 ? [first, second] : [second, first];
    this.#link(condition, id, 'condition', picks[5]! % 2 === 0);
    this.#link(yes, id, 'true_input', literal);
    this.#link(no, id, 'false_input', literal);
    const nullable = first.nullable || (second?.nullable ?? literal === null);
    this.#ports.push({ ...first, nullable, node_id: id, field: 'value' });
    return true;
  }

  #node(type: string): string {
    const id = `n${this.#nodes.length}`;
    this.#nodes.push({ id, type, is_intermediate: false, use_cache: true });
    return id;
  }

  /** An edge from `port`, or `literal` where there is none. */
  #link(port: Port | undefined, node_id: string, field: string, literal?: unknown): void {
    if (port !== undefined)
      this.#edges.push({
        source: { node_id: port.node_id, field: port.field },
        destination: { node_id, field },
      });
    else if (literal !== undefined) this.#nodes.at(-1)![field] = literal;
  }

  /** The lowest numbers pick what is least used and then what is newest: chains, and branches that nobody else needs. */
  #pick(pick: number, fits: (port: Port) => boolean): Port | undefined {
    const uses = ({ node_id }: Port) => this.#edges.filter(({ source }) => source.node_id === node_id).length;
    const fitting = this.#ports
      .filter(fits)
      .reverse()
      .sort((a, b) => uses(a) - uses(b));
    return fitting[Math.floor(((pick % 24) ** 2 / 24 ** 2) * fitting.length)];
  }

  /** None for the lower half of numbers. */
  #maybe(pick: number, fits: (port: Port) => boolean): Port | undefined {
    return pick < 24 ? undefined : this.#pick(pick, fits);
  }
}

/** Other values for some of the literals. */
function substitutions({ nodes }: PinnedGraph, picks: readonly number[]): NodeFieldValue[] {
  const literals = nodes.flatMap((node) =>
    ['a', 'b', 'condition', 'true_input', 'false_input']
      .filter((field) => Object.hasOwn(node, field) && node[field] !== null)
      .map((field_name) => ({ node_path: node.id, field_name, was: node[field_name] })),
  );
  return [...new Set(picks)].flatMap((pick) => {
    const literal = literals[pick];
    if (literal === undefined) return [];
    const { node_path, field_name, was } = literal;
    return [{ node_path, field_name, value: typeof was === 'boolean' ? !was : 100 + pick }];
  });
}
