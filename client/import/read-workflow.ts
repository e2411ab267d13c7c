/** A workflow as InvokeAI's editor saves it: nodes with positions and labels, edges between their handles. @pure */
import { GRAPH_NODES_MAX } from '../../contract/limits.ts';
import { own } from '../../graph/own.ts';
import { type Draft, type DraftEdge, isObject, type Port } from './draft.ts';
import { ImportError } from './import-error.ts';
import { connect, limit, list, type Path, text } from './read-parts.ts';

/** Nodes of the editor that are no part of a graph. */
const DECORATION = new Set(['notes', 'current_image']);

export function readWorkflow(
  workflow: Record<string, unknown>,
  nodes: readonly unknown[],
  path: Path,
  note: (text: string) => void,
): Draft {
  const draft: Draft = { nodes: new Map(), edges: [], data: [], runs: 1 };
  limit(nodes.length, GRAPH_NODES_MAX, 'nodes', [...path, 'nodes']);
  const seen = new Set<string>();
  const connectors = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    const at = [...path, 'nodes', index];
    if (!isObject(node)) throw new ImportError(at, 'A node is an object {id, type, data, …}.');
    const id = text(node, 'id', at);
    if (seen.has(id)) throw new ImportError([...at, 'id'], `Two nodes have the id "${id}".`);
    seen.add(id);
    const kind = text(node, 'type', at);
    if (kind === 'connector') connectors.add(id);
    else if (!DECORATION.has(kind)) readNode(draft, id, node, at);
  }
  const edges: DraftEdge[] = [];
  for (const [index, edge] of list(workflow, 'edges', path).entries()) {
    const at = [...path, 'edges', index];
    if (!isObject(edge)) throw new ImportError(at, 'An edge is {source, sourceHandle, target, targetHandle}.');
    // It stands for edges between nodes that are folded up in the editor, which are listed as well.
    if (own(edge, 'type') === 'collapsed') continue;
    const from = { node: text(edge, 'source', at), field: text(edge, 'sourceHandle', at) };
    edges.push({ from, to: { node: text(edge, 'target', at), field: text(edge, 'targetHandle', at) } });
  }
  for (const edge of withoutConnectors(edges, connectors)) {
    // Nodes that only decorate have no fields; an edge to one can only come from a broken file.
    if (seen.has(edge.from.node) && !draft.nodes.has(edge.from.node)) continue;
    connect(draft, edge, note);
  }
  return draft;
}

function readNode(draft: Draft, id: string, node: Record<string, unknown>, path: Path): void {
  const at = [...path, 'data'];
  const data = own(node, 'data');
  if (!isObject(data)) throw new ImportError(at, 'A node has its type and its inputs in "data".');
  const type = text(data, 'type', at);
  const inputs = own(data, 'inputs') ?? {};
  if (!isObject(inputs)) throw new ImportError([...at, 'inputs'], 'The inputs are an object, by field.');
  const fields = new Map<string, unknown>();
  for (const [name, input] of Object.entries(inputs)) {
    if (!isObject(input)) throw new ImportError([...at, 'inputs', name], 'An input is an object {name, value, …}.');
    if (Object.hasOwn(input, 'value')) fields.set(name, own(input, 'value'));
  }
  const label = own(data, 'label');
  draft.nodes.set(id, {
    id,
    invokeai_id: id,
    type,
    label: typeof label === 'string' ? label.trim() : '',
    is_intermediate: own(data, 'isIntermediate') === true,
    use_cache: own(data, 'useCache') !== false,
    fields,
  });
}

/** A connector passes on what comes into it: an edge from it is an edge from what stands before it. */
function withoutConnectors(edges: readonly DraftEdge[], connectors: ReadonlySet<string>): DraftEdge[] {
  const into = new Map<string, Port>();
  for (const { from, to } of edges) if (connectors.has(to.node)) into.set(to.node, from);
  const known = new Map<string, Port | null>();
  const sourceOf = (port: Port): Port | null => {
    const passed: string[] = [];
    let at: Port | null = port;
    while (at !== null && connectors.has(at.node)) {
      const found = known.get(at.node);
      if (found !== undefined) {
        at = found;
        break;
      }
      // A circle of connectors carries nothing.
      known.set(at.node, null);
      passed.push(at.node);
      at = into.get(at.node) ?? null;
    }
    for (const connector of passed) known.set(connector, at);
    return at;
  };
  return edges.flatMap(({ from, to }) => {
    const source = connectors.has(to.node) ? null : sourceOf(from);
    return source === null ? [] : [{ from: source, to }];
  });
}
