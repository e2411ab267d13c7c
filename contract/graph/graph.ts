/** A graph as submitted: source nodes by id, and edges between their fields. */
import { z } from 'zod';
import { GRAPH_EDGES_MAX, NAME_LENGTH_MAX } from '../limits.ts';
import { NodeId, Sha256 } from '../names.ts';

/** A node's own fields stand beside these; the catalogue says which, and the graph engine checks them. */
export const GraphNode = z
  .looseObject({
    id: NodeId,
    type: z.string().min(1).max(NAME_LENGTH_MAX),
    is_intermediate: z.boolean().default(false).describe('Its result is not an output of the session.'),
    use_cache: z.boolean().default(true).describe('Whether a cached result may stand in for a run.'),
  })
  .meta({ id: 'GraphNode' });
export type GraphNode = z.infer<typeof GraphNode>;

/** A node as submitted: its key in the graph says its id, so `id` may be left out. */
export const SourceNode = GraphNode.extend({
  id: NodeId.optional(),
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'a version is three numbers: 1.2.3')
    .optional()
    .describe('The version of its type that it was made with; refused when the present one means something else.'),
}).meta({ id: 'SourceNode' });
export type SourceNode = z.infer<typeof SourceNode>;

const Port = z.strictObject({ node_id: NodeId, field: z.string().min(1).max(NAME_LENGTH_MAX) });

export const GraphEdge = z.strictObject({ source: Port, destination: Port }).meta({ id: 'GraphEdge' });
export type GraphEdge = z.infer<typeof GraphEdge>;

/** The node count is checked by the graph engine, together with every other fault of a node. */
export const Graph = z
  .strictObject({
    id: z.string().max(NAME_LENGTH_MAX).optional(),
    nodes: z.record(NodeId, SourceNode),
    edges: z.array(GraphEdge).max(GRAPH_EDGES_MAX).default([]),
  })
  .meta({ id: 'Graph' });
export type Graph = z.infer<typeof Graph>;

/**
 * A graph whose meaning is fixed (D1): defaults filled in, models named by digest, the version of each node type,
 * the engine's number. It is what a batch stores and what a runner executes.
 */
export const PinnedGraph = z
  .object({
    engine: z.int(),
    types: z.record(z.string(), z.string()).describe('node type → version; control nodes are the engine itself'),
    nodes: z.array(GraphNode).describe('in submitted order, which decides ties of execution order'),
    edges: z.array(GraphEdge),
  })
  .meta({ id: 'PinnedGraph' });
export type PinnedGraph = z.infer<typeof PinnedGraph>;

/** An ephemeral output as it is recorded: what was made, never its bytes. Of a list, a list of these. */
export const EphemeralMark = z
  .object({ ephemeral: z.string(), shape: z.array(z.int()).optional() })
  .meta({ id: 'EphemeralMark' });
export type EphemeralMark = z.infer<typeof EphemeralMark>;

/**
 * A large value of an output, as it is recorded: kept as an asset that holds its JSON. `length` is that of a list, so that
 * the session can be expanded without its bytes. `element` stands for one element of it, where a session shows one.
 */
export const StoredValue = z
  .object({
    asset_name: Sha256,
    content_type: z.literal('application/json'),
    stored: z.string().describe('its field type'),
    length: z.int().min(0).optional(),
    element: z.int().min(0).optional(),
  })
  .meta({ id: 'StoredValue' });
export type StoredValue = z.infer<typeof StoredValue>;

/** What a node returned: its output type and one value for each output field. */
export const NodeOutput = z.looseObject({ type: z.string() }).meta({ id: 'NodeOutput' });
export type NodeOutput = z.infer<typeof NodeOutput>;

/** The asset reference that image fields carry. */
export const ImageField = z.object({ image_name: z.string() });
export type ImageField = z.infer<typeof ImageField>;
