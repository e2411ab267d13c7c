/** What every kind of document is read into: nodes and edges with InvokeAI's names. @pure */

export interface DraftNode {
  /** In the graph that comes out. */
  id: string;
  /** In the document. */
  invokeai_id: string;
  type: string;
  /** What its owner called it; empty when nothing. */
  label: string;
  is_intermediate: boolean;
  use_cache: boolean;
  /** Values by InvokeAI's field names. */
  fields: Map<string, unknown>;
}

export interface Port {
  node: string;
  field: string;
}

export interface DraftEdge {
  from: Port;
  to: Port;
}

export interface DraftDatum {
  node: string;
  field: string;
  items: unknown[];
}

export interface Draft {
  nodes: Map<string, DraftNode>;
  edges: DraftEdge[];
  /** Outer list: product; inner list: zip. */
  data: DraftDatum[][];
  runs: number;
}

/** Something of the document that the graph lacks. */
export interface Unmapped {
  kind: 'node' | 'field' | 'edge' | 'value' | 'image' | 'model' | 'batch';
  node_id: string;
  label: string;
  /** InvokeAI's. */
  type: string;
  /** Ours where the node is there; null when it is about the whole node. */
  field: string | null;
  /** The graph does not run before it is given. */
  required: boolean;
  /** A sentence that says what to do. */
  detail: string;
}

export class Findings {
  readonly unmapped: Unmapped[] = [];
  readonly notes: string[] = [];
  readonly #said = new Set<string>();

  /** The same is said once, whatever number of values of a batch it is about. */
  add(kind: Unmapped['kind'], node: DraftNode, field: string | null, required: boolean, detail: string): void {
    const what = `${node.id} ${field ?? ''} ${detail}`;
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.unmapped.push({ kind, node_id: node.id, label: node.label, type: node.type, field, required, detail });
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }
}

/** As people speak of a node: its id, and its label where that says more. */
export const nameOf = ({ id, label }: DraftNode): string => (label === '' ? `"${id}"` : `"${id}" (${label})`);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
