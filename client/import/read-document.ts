/** Tells by their keys which of InvokeAI's documents one is, and reads it. Nothing of it is trusted. @pure */
import { checkJson } from '../../contract/error/json-check.ts';
import { BATCH_DATA_MAX, BATCH_ITEMS_MAX, GRAPH_NODES_MAX } from '../../contract/limits.ts';
import { own } from '../../graph/own.ts';
import { type Draft, type DraftDatum, isObject } from './draft.ts';
import { ImportError } from './import-error.ts';
import { connect, limit, list, type Path, text } from './read-parts.ts';
import { readWorkflow } from './read-workflow.ts';

const KINDS =
  'a workflow {nodes: […], edges: […]}, a graph {nodes: {…}, edges: […]}, an enqueue body {batch: {graph, …}}, ' +
  'a queue item {session: {…}} or a session {graph: {…}}';

export function readDocument(document: unknown, note: (text: string) => void): Draft {
  const root = plainJson(document);
  if (!isObject(root)) throw new ImportError('', `This is no document of InvokeAI's: it has to be ${KINDS}.`);
  return read(root, [], note);
}

function read(value: Record<string, unknown>, path: Path, note: (text: string) => void): Draft {
  const nodes = own(value, 'nodes');
  if (Array.isArray(nodes)) return readWorkflow(value, nodes, path, note);
  if (isObject(nodes)) return readGraph(value, nodes, path, note);
  const batch = own(value, 'batch');
  if (isObject(batch)) return read(batch, [...path, 'batch'], note);
  const session = own(value, 'session');
  if (isObject(session)) return read(session, [...path, 'session'], note);
  const graph = own(value, 'graph');
  if (isObject(graph)) {
    const draft = read(graph, [...path, 'graph'], note);
    return { ...draft, ...varied(value, path, draft, note) };
  }
  // The record of the workflow library, or a queue item of which only the workflow was kept.
  const workflow = own(value, 'workflow');
  if (isObject(workflow)) return read(workflow, [...path, 'workflow'], note);
  throw new ImportError(path, `This is no document of InvokeAI's: it has to be ${KINDS}.`);
}

/** A copy that holds JSON and nothing else, whatever was passed: no accessors, circles or prototypes. */
function plainJson(document: unknown): unknown {
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(document) ?? 'null');
  } catch (error) {
    throw new ImportError('', `The document is not JSON: ${error instanceof Error ? error.message : 'unreadable'}.`);
  }
  const [fault] = checkJson(copy);
  if (fault !== undefined) throw new ImportError(fault.pointer, fault.detail);
  return copy;
}

/** Fields that every node of InvokeAI has beside its own. */
const COMMON = new Set(['id', 'type', 'version', 'is_intermediate', 'use_cache', 'workflow', 'nodePack']);

function readGraph(
  graph: Record<string, unknown>,
  nodes: Record<string, unknown>,
  path: Path,
  note: (text: string) => void,
): Draft {
  const draft: Draft = { nodes: new Map(), edges: [], data: [], runs: 1 };
  const entries = Object.entries(nodes);
  limit(entries.length, GRAPH_NODES_MAX, 'nodes', [...path, 'nodes']);
  for (const [id, node] of entries) {
    const at = [...path, 'nodes', id];
    if (!isObject(node)) throw new ImportError(at, 'A node is an object {id, type, …}.');
    const type = text(node, 'type', at);
    const fields = new Map(Object.entries(node).filter(([name]) => !COMMON.has(name)));
    const is_intermediate = own(node, 'is_intermediate') === true;
    const use_cache = own(node, 'use_cache') !== false;
    draft.nodes.set(id, { id, invokeai_id: id, type, label: '', is_intermediate, use_cache, fields });
  }
  for (const [index, edge] of list(graph, 'edges', path).entries()) {
    const at = [...path, 'edges', index];
    const end = (side: string) => {
      const port = isObject(edge) ? own(edge, side) : undefined;
      if (!isObject(port)) throw new ImportError(at, 'An edge is {source: {node_id, field}, destination: {…}}.');
      return { node: text(port, 'node_id', [...at, side]), field: text(port, 'field', [...at, side]) };
    };
    connect(draft, { from: end('source'), to: end('destination') }, note);
  }
  return draft;
}

/** What varies in a batch: `data` and `runs`. */
function varied(
  batch: Record<string, unknown>,
  path: Path,
  { nodes }: Draft,
  note: (text: string) => void,
): { data: DraftDatum[][]; runs: number } {
  const at = [...path, 'data'];
  const groups = list(batch, 'data', path);
  limit(groups.length, BATCH_DATA_MAX, 'groups of data', at);
  const data = groups.map((group, index) => {
    if (!Array.isArray(group)) throw new ImportError([...at, index], 'A group of data is a list of what is zipped.');
    limit(group.length, BATCH_DATA_MAX, 'data', [...at, index]);
    return group.map((datum: unknown, place) => {
      const here = [...at, index, place];
      if (!isObject(datum)) throw new ImportError(here, 'A datum is {node_path, field_name, items}.');
      const items = list(datum, 'items', here);
      limit(items.length, BATCH_ITEMS_MAX, 'items', [...here, 'items']);
      const node = text(datum, 'node_path', here);
      if (!nodes.has(node)) note('What varies in nodes that the document does not have is left out.');
      return { node, field: text(datum, 'field_name', here), items };
    });
  });
  const runs = own(batch, 'runs') ?? 1;
  if (!Number.isInteger(runs) || Number(runs) < 1 || Number(runs) > BATCH_ITEMS_MAX)
    throw new ImportError([...path, 'runs'], `The runs are a whole number from 1 to ${BATCH_ITEMS_MAX}.`);
  return { data, runs: Number(runs) };
}
