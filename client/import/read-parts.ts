/** What the readers of all documents check alike. @pure */
import { GRAPH_EDGES_MAX } from '../../contract/limits.ts';
import { own } from '../../graph/own.ts';
import type { Draft, DraftEdge } from './draft.ts';
import { ImportError } from './import-error.ts';

export type Path = readonly (string | number)[];

/** An edge between nodes that are there; the value that stands where it ends counts for nothing. */
export function connect(draft: Draft, edge: DraftEdge, note: (text: string) => void): void {
  const target = draft.nodes.get(edge.to.node);
  if (target === undefined || !draft.nodes.has(edge.from.node)) {
    note('Edges from or to nodes that the document does not have are left out.');
    return;
  }
  target.fields.delete(edge.to.field);
  draft.edges.push(edge);
}

export function text(object: Record<string, unknown>, key: string, path: Path): string {
  const value = own(object, key);
  if (typeof value === 'string' && value !== '') return value;
  throw new ImportError([...path, key], `"${key}" has to be a text that is not empty.`);
}

/** The list at `key`; absent, an empty one. */
export function list(object: Record<string, unknown>, key: string, path: Path): unknown[] {
  const value = own(object, key) ?? [];
  if (!Array.isArray(value)) throw new ImportError([...path, key], `"${key}" has to be a list.`);
  if (key === 'edges') limit(value.length, GRAPH_EDGES_MAX, 'edges', [...path, key]);
  return value;
}

export function limit(count: number, most: number, what: string, path: Path): void {
  if (count > most) throw new ImportError(path, `${count} ${what} are too many; ${most} are the most.`);
}
