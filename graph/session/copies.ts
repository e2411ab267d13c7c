/** The copies of one node: which of them wait, are ready, have ended; by position in the node's space. */
import type { PreparedNode } from './prepared-graph.ts';
import type { Join, Space } from './space.ts';

export const WAITING = 0;
export const READY = 1;
export const DONE = 2;
export const SKIPPED = 3;

/** One copy of a node. */
export interface Copy {
  copies: Copies;
  position: number;
}

/** By iteration path, then node order; 0 for a copy and itself alone. */
export const byPath = (a: Copy, b: Copy): number =>
  a.copies.space.compare(a.position, b.copies.space, b.position) || a.copies.node.index - b.copies.node.index;

/** How the end of a parent's copy reaches copies of a child. */
export interface Link {
  child: number;
  /** Left: the parent, right: the child. */
  join: Join;
  /** The branch of an `if` that it brings; undefined for what the child waits for in any case. */
  branch: number | undefined;
}

/**
 * What choices of an `if` decide at once: the nodes that it holds back whose copies lie in one space, and agree with its
 * own in the same way; in groups, each of which one choice may decide.
 */
export interface HeldGroups {
  /** Left: the held nodes, right: the `if`. */
  join: Join;
  /** By group: copies of the `if` that have not decided. */
  undecided: Int32Array;
  /** By branch and group: 1 when some copy chose the branch. */
  chosen: readonly Uint8Array[];
  /** By branch: the nodes that it holds back. */
  held: readonly Copies[][];
}

export class Copies {
  readonly node: PreparedNode;
  /** An iterate node's is the space of its lists; that of its elements is `elements`. */
  readonly space: Space;
  readonly states: Uint8Array | number[];
  /** What each copy still waits for: parents' copies, and 1 more while an `if` holds it. */
  readonly waiting: Int32Array | number[];
  /** An ordinary node's recorded output, a collector's list, what an `if` passes on, an iterate node's list. */
  readonly values: unknown[];
  /** Copies that have not ended. */
  remaining: number;
  readonly #links: Link[] = [];
  #isSorted = true;
  /** By parent: which of its copies each copy takes from. */
  readonly joins = new Map<number, Join>();
  /** Of an `if`: the branch that each copy chose, 1 more than its number; 0 while it has not. */
  readonly choices: Uint8Array | undefined;
  /** Of an `if`: 1 once the nodes that it holds back have heard that the copy chose, or was skipped. */
  readonly told: Uint8Array | undefined;
  /** Of an `if`: what it holds back, by how its copies agree with those. */
  readonly holding = new Map<Join, HeldGroups>();
  /** Of an iterate node, once all of its lists are known: the space of its elements, and where each one's list is. */
  elements: { space: Space; lists: Int32Array } | undefined;

  constructor(node: PreparedNode, space: Space) {
    this.node = node;
    this.space = space;
    // One number is cheaper in a plain list, and most nodes have one copy.
    this.states = space.size === 1 ? [WAITING] : new Uint8Array(space.size);
    this.waiting = space.size === 1 ? [0] : new Int32Array(space.size);
    this.values = new Array(space.size);
    this.remaining = space.size;
    this.choices = node.control === 'if' ? new Uint8Array(space.size) : undefined;
    this.told = this.choices?.slice();
  }

  /** Children in the order of nodes: what one copy makes ready becomes so in that order. */
  get links(): readonly Link[] {
    if (!this.#isSorted) this.#links.sort((a, b) => a.child - b.child);
    this.#isSorted = true;
    return this.#links;
  }

  addLink(link: Link): void {
    this.#isSorted &&= link.child >= (this.#links.at(-1)?.child ?? 0);
    this.#links.push(link);
  }

  /** What children see. */
  get outward(): Space {
    return this.elements?.space ?? this.space;
  }

  /** Of one of the copies that children see. */
  hasEnded(position: number): boolean {
    return this.elements !== undefined || (this.states[position] ?? 0) >= DONE;
  }

  isSkipped(position: number): boolean {
    return this.elements === undefined && this.states[position] === SKIPPED;
  }
}
