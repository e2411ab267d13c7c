/** A small graph that uses a node type: what it must be given is made by the simplest nodes that make it. @pure */
import type { Catalogue, InputField, JsonSchema, NodeType } from '../../contract/graph/catalogue.ts';
import { compatible } from '../field-type/compatible.ts';
import { parseFieldType } from '../field-type/parse.ts';

/** Nodes in front of the one that is shown, one behind the other. */
const DEPTH_MAX = 6;

type ExampleNode = { type: string; is_intermediate?: true } & Record<string, unknown>;

interface Port {
  node_id: string;
  field: string;
}

export interface ExampleGraph {
  nodes: Record<string, ExampleNode>;
  edges: { source: Port; destination: Port }[];
}

interface Source {
  nodeType: NodeType;
  output: string;
}

/** Null when nothing in the catalogue makes what it must be given. */
export function exampleGraph(nodeType: NodeType, catalogue: Catalogue): ExampleGraph | null {
  const makers = Object.values(catalogue.node_types).filter(({ type, control }) => !control && type !== nodeType.type);
  const costs = new Map<string, number>();
  const graph: ExampleGraph = { nodes: {}, edges: [] };

  /** Nodes that it takes to have this one; infinite when it cannot be had. */
  function cost(maker: NodeType, depth = 0): number {
    const known = costs.get(maker.type);
    if (known !== undefined) return known;
    if (depth > DEPTH_MAX) return Number.POSITIVE_INFINITY;
    // Whoever needs itself in front of itself is no simple maker.
    costs.set(maker.type, Number.POSITIVE_INFINITY);
    const fed = fedInputs(maker).map(([, input]) => {
      const source = simplest(input, maker, depth + 1);
      return source === null ? Number.POSITIVE_INFINITY : cost(source.nodeType, depth + 1);
    });
    const sum = 1 + fed.reduce((all, each) => all + each, 0);
    if (Number.isFinite(sum)) costs.set(maker.type, sum);
    else costs.delete(maker.type);
    return sum;
  }

  /** Of those that cost the least the one that says most clearly that this is what it makes. */
  function simplest(input: InputField, of: NodeType, depth = 0): Source | null {
    let best: { source: Source; rank: number } | null = null;
    for (const maker of makers)
      for (const [output, { field_type }] of Object.entries(maker.outputs)) {
        if (maker.type === of.type || !compatible(field_type, input.field_type)) continue;
        const exact = field_type === input.field_type ? 0 : 0.5;
        const related = maker.category === of.category ? 0 : 0.25;
        const rank = cost(maker, depth) + exact + related;
        if (Number.isFinite(rank) && (best === null || rank < best.rank))
          best = { source: { nodeType: maker, output }, rank };
      }
    return best?.source ?? null;
  }

  function place(each: NodeType, isShown: boolean): string | null {
    const id = each.type.replace(/^.*:/, '');
    if (Object.hasOwn(graph.nodes, id)) return id;
    const feeding: [field: string, from: Port][] = [];
    for (const [field, input] of fedInputs(each)) {
      const from = made(input, each);
      if (from === null) return null;
      feeding.push([field, from]);
    }
    graph.nodes[id] = { type: each.type, ...(isShown ? {} : { is_intermediate: true as const }), ...literals(each) };
    for (const [field, source] of feeding) graph.edges.push({ source, destination: { node_id: id, field } });
    return id;
  }

  /** The output of a node that makes what the input takes; a list that nothing makes is collected. */
  function made(input: InputField, of: NodeType): Port | null {
    const source = simplest(input, of);
    if (source !== null) {
      const node_id = place(source.nodeType, false);
      return node_id === null ? null : { node_id, field: source.output };
    }
    const collect = catalogue.node_types.collect;
    if (collect === undefined || !input.field_type.endsWith('[]')) return null;
    const item = made({ ...input, field_type: input.field_type.slice(0, -2) }, of);
    if (item === null) return null;
    graph.nodes.collect = { type: collect.type, is_intermediate: true };
    graph.edges.push({ source: item, destination: { node_id: 'collect', field: 'item' } });
    return { node_id: 'collect', field: 'collection' };
  }

  return place(nodeType, true) === null ? null : graph;
}

const entries = ({ inputs }: NodeType): [string, InputField][] => Object.entries(inputs);

/** Control nodes require nothing by name, but are nothing without the first of what goes through them. */
const needed = (nodeType: NodeType): [string, InputField][] =>
  entries(nodeType).filter(
    ([, { required, input }], index) =>
      required || (nodeType.control !== undefined && index === 0 && input !== 'direct'),
  );

const fedInputs = (nodeType: NodeType): [string, InputField][] =>
  needed(nodeType).filter(([, input]) => literalOf(input) === undefined);

const literals = (nodeType: NodeType): Record<string, unknown> =>
  Object.fromEntries(
    needed(nodeType).flatMap(([name, input]) => {
      const literal = literalOf(input);
      return literal === undefined ? [] : [[name, literal]];
    }),
  );

/** What could stand there; undefined for what nobody writes by hand. */
function literalOf({ input, field_type, schema }: InputField): unknown {
  if (input === 'connection') return undefined;
  const { members } = parseFieldType(field_type);
  const [member] = members;
  if (member === undefined) return undefined;
  if (member.name === 'model') return { key: 'tiny-diffusion' };
  const one = scalarOf(member.name, (member.list ? schema.items : schema) as JsonSchema | undefined);
  return one === undefined ? undefined : member.list ? [one] : one;
}

function scalarOf(name: string, schema: JsonSchema = {}): unknown {
  const [choice] = (schema.enum as unknown[] | undefined) ?? [];
  if (choice !== undefined) return choice;
  const step = typeof schema.multipleOf === 'number' ? schema.multipleOf : 0;
  const least = Math.max(step || 1, typeof schema.minimum === 'number' ? schema.minimum : 1);
  switch (name) {
    case 'string':
      return 'text';
    case 'integer':
    case 'float':
      return step > 0 ? Math.ceil(least / step) * step : least;
    case 'boolean':
      return true;
    case 'color':
      return { r: 255, g: 128, b: 0, a: 255 };
    case 'bounding_box':
      return { x_min: 0, y_min: 0, x_max: 64, y_max: 64 };
    default:
      return undefined;
  }
}
