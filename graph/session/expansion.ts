/**
 * From nodes to invocations (docs/architecture.md, "Iterations and branches"). A node is prepared, all of its copies at
 * once, when the iterations around it are known; a copy is ready when what it waits for has ended. Control nodes are
 * evaluated here as soon as they can be, on what is recorded: live values pass through them elsewhere.
 *
 * Everything happens in one order, first come, first served, so that the same results always replay to the same state.
 * The cost is linear in the invocations and in the values that collectors gather.
 */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { SESSION_INVOCATIONS_MAX } from '../../contract/limits.ts';
import { Budget, ExpansionError, type SessionLimits } from './budget.ts';
import { byPath, Copies, type Copy, DONE, READY, SKIPPED, WAITING } from './copies.ts';
import { CopyTable, type LiteralOf } from './copy-table.ts';
import { gathered } from './gather.ts';
import { BRANCHES } from './hold.ts';
import { decide, holdBack, type Verdicts } from './holding.ts';
import { inputError } from './input-error.ts';
import { joinWith, linkIf, linkParent } from './links.ts';
import { inputNamed, type PreparedGraph, type PreparedNode } from './prepared-graph.ts';
import { Spaces } from './space.ts';
import type { InputErrorStep } from './step.ts';
import { listLength } from './stored-value.ts';

/** What others learn, in the order in which it happens. */
export interface ExpansionEvents {
  ready(copies: Copies, position: number): void;
  prepared(copies: Copies): void;
  /** A copy of an ordinary or control node is done or skipped. */
  ended(copies: Copies, position: number): void;
  /** Every copy of the node has ended. */
  executed(copies: Copies): void;
}

/** A copy of an `if` has chosen a branch, or was skipped and so chose none. */
interface Choice extends Copy {
  branch: number | undefined;
}

export class Expansion {
  readonly graph: PreparedGraph;
  readonly table: CopyTable;
  readonly #spaces: Spaces;
  readonly #events: ExpansionEvents;
  /** By node: nodes that have to be prepared before it. */
  readonly #gates: Int32Array;
  /** What has happened and not been passed on: choices of `if` nodes, copies that ended, nodes whose copies are known. */
  readonly #choices: Choice[] = [];
  readonly #ended: Copy[] = [];
  readonly #opened: number[] = [];
  readonly #newlyReady: Copy[] = [];
  readonly #budget: Budget;
  readonly #verdicts: Verdicts = {
    release: (copies, position) => this.#release(copies, position),
    skip: (copies, position) => this.#skip(copies, position),
  };
  #fault: InputErrorStep | undefined;
  #isTooLarge = false;

  constructor(graph: PreparedGraph, literal: LiteralOf, events: ExpansionEvents, limits: SessionLimits) {
    this.#budget = new Budget(limits);
    this.graph = graph;
    this.#spaces = new Spaces(this.#budget);
    this.#events = events;
    this.table = new CopyTable(graph.nodes.length, literal);
    this.#gates = graph.gates.slice();
  }

  /** Prepares what waits for nothing; once, before anything else. */
  start(): void {
    for (const node of this.graph.nodes) if (node.preparedAfter.length === 0) this.#prepare(node);
    this.#settle();
  }

  /** Why the session cannot go on: a control node got what it cannot take, or there would be too much. */
  get fault(): InputErrorStep | undefined {
    return this.#fault;
  }

  /** The fault is that the limits were exceeded. */
  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  /** A copy that was ready has this recorded output. */
  complete(copies: Copies, position: number, output: NodeOutput): void {
    copies.values[position] = output;
    this.#end(copies, position, DONE);
    this.#settle();
  }

  /** A list of what is to do, and no recursion: control nodes may follow each other without end. */
  #settle(): void {
    for (let decided = 0, ended = 0, opened = 0; this.#fault === undefined; ) {
      const choice = this.#choices[decided];
      const end = this.#ended[ended];
      const node = this.#opened[opened];
      if (choice !== undefined) {
        decided++;
        this.#decide(choice);
      } else if (end !== undefined) {
        ended++;
        this.#passOn(end.copies, end.position);
      } else if (node !== undefined) {
        opened++;
        this.#open(node);
      } else {
        this.#choices.length = 0;
        this.#ended.length = 0;
        this.#opened.length = 0;
        this.#tellReady();
        return;
      }
    }
  }

  /** What one completion made ready, in the order in which it would run in one class, however it came about. */
  #tellReady(): void {
    this.#newlyReady.sort(byPath);
    for (const { copies, position } of this.#newlyReady) this.#events.ready(copies, position);
    this.#newlyReady.length = 0;
  }

  #open(index: number): void {
    for (const next of this.graph.nodes[index]?.preparedBefore ?? []) {
      const left = (this.#gates[next] ?? 0) - 1;
      this.#gates[next] = left;
      const node = this.graph.nodes[next];
      if (left === 0 && node !== undefined) this.#prepare(node);
    }
  }

  #prepare(node: PreparedNode): void {
    if (this.#fault === undefined) this.#within(node, () => this.#makeCopies(node));
  }

  #makeCopies(node: PreparedNode): void {
    const isIterate = node.control === 'iterate';
    const space = this.#spaces.of(isIterate ? node.scope.slice(0, -1) : node.scope);
    if (!isIterate) this.#budget.prepare(space.size);
    const copies = new Copies(node, space);
    this.table.add(copies);
    if (node.hold !== undefined) copies.waiting.fill(1);
    for (const parent of node.parents) this.#link(parent, copies);
    for (const child of node.children) {
      const later = this.table.of(child);
      if (later?.node.control === 'if') linkIf(copies, later, joinWith(this.#spaces, copies, later));
    }
    this.#events.prepared(copies);
    for (const held of node.holding) this.#hold(this.table.of(held), copies);
    if (node.hold !== undefined) this.#hold(copies, this.table.of(node.hold.owner));
    for (let position = 0; position < space.size; position++) this.#activate(copies, position);
    if (isIterate) this.#expandIfKnown(copies);
    else {
      if (space.size === 0) this.#events.executed(copies);
      this.#opened.push(node.index);
    }
  }

  #link(parent: number, copies: Copies): void {
    const source = this.table.of(parent);
    const { node } = copies;
    if (source === undefined) {
      // A branch of an `if` may be prepared after it.
      if (node.control === 'if') return;
      throw new Error(`"${node.id}" is prepared before what it takes from`);
    }
    const join = joinWith(this.#spaces, source, copies);
    if (node.control === 'if') {
      linkIf(source, copies, join);
      return;
    }
    if (node.control === 'collect') this.#budget.gather(join.pairCount * edgesFrom(node, parent));
    linkParent(source, copies, join);
  }

  #hold(copies: Copies | undefined, owner: Copies | undefined): void {
    const dimensions = copies?.node.hold?.dimensions;
    if (copies === undefined || owner === undefined || dimensions === undefined) return;
    holdBack(copies, owner, this.#spaces.join(copies.space, owner.space, dimensions), this.#verdicts);
  }

  #activate(copies: Copies, position: number): void {
    if (copies.waiting[position] !== 0 || copies.states[position] !== WAITING) return;
    switch (copies.node.control) {
      case undefined:
        copies.states[position] = READY;
        this.#newlyReady.push({ copies, position });
        break;
      case 'iterate':
        this.#takeList(copies, position);
        break;
      case 'collect':
        this.#within(copies.node, () => this.#gather(copies, position));
        break;
      case 'if':
        this.#choose(copies, position);
    }
  }

  #gather(copies: Copies, position: number): void {
    copies.values[position] = gathered(this.table, copies, position, (values) => this.#budget.gather(values));
    this.#end(copies, position, DONE);
  }

  #takeList(copies: Copies, position: number): void {
    const value = this.table.input(copies, position, 'collection');
    if (listLength(value) !== undefined) {
      copies.values[position] = value;
      this.#end(copies, position, DONE);
    } else this.#refuse(copies, position, 'collection', `it is ${describe(value)}, and a list is needed.`);
  }

  #choose(copies: Copies, position: number): void {
    if (copies.choices?.[position] !== 0) return;
    const condition = this.table.input(copies, position, 'condition') ?? false;
    if (typeof condition !== 'boolean') {
      this.#refuse(copies, position, 'condition', `it is ${describe(condition)}; give true or false.`);
      return;
    }
    const branch = condition ? 0 : 1;
    copies.choices[position] = branch + 1;
    this.#choices.push({ copies, position, branch });
    const [source] = inputNamed(copies.node.inputs, BRANCHES[branch])?.sources ?? [];
    const from = source && this.table.of(source.node);
    if (source === undefined || from?.hasEnded(this.table.sourceOf(copies, position, source.node)))
      this.#pass(copies, position, branch);
  }

  #pass(copies: Copies, position: number, branch: number): void {
    copies.values[position] = this.table.input(copies, position, BRANCHES[branch] ?? '') ?? null;
    this.#end(copies, position, DONE);
  }

  #decide({ copies, position, branch }: Choice): void {
    if (copies.told !== undefined) copies.told[position] = 1;
    decide(copies, position, branch, this.#verdicts);
  }

  #release(copies: Copies, position: number): void {
    copies.waiting[position] = (copies.waiting[position] ?? 0) - 1;
    this.#activate(copies, position);
  }

  #skip(copies: Copies, position: number): void {
    if (copies.node.control === 'iterate') copies.values[position] = [];
    this.#end(copies, position, SKIPPED);
    if (copies.choices !== undefined) this.#choices.push({ copies, position, branch: undefined });
  }

  #end(copies: Copies, position: number, state: number): void {
    copies.states[position] = state;
    this.#ended.push({ copies, position });
  }

  #passOn(copies: Copies, position: number): void {
    copies.remaining--;
    if (copies.node.control === 'iterate') {
      this.#within(copies.node, () => this.#expandIfKnown(copies));
      return;
    }
    this.#events.ended(copies, position);
    if (copies.remaining === 0) this.#events.executed(copies);
    for (const { child, join, branch } of copies.links) {
      const waiters = this.table.of(child);
      if (waiters === undefined) continue;
      const reached = join.rightsOf(position);
      for (let at = 0; at < reached.length; at++) {
        const waiter = reached[at] ?? -1;
        if (waiters.states[waiter] !== WAITING) continue;
        if (branch === undefined) this.#release(waiters, waiter);
        else if (waiters.choices?.[waiter] === branch + 1) this.#pass(waiters, waiter, branch);
      }
    }
  }

  #expandIfKnown(copies: Copies): void {
    if (copies.remaining > 0 || copies.elements !== undefined) return;
    const { node, space, values } = copies;
    // One that is recorded elsewhere may claim any length, more than an Int32 holds.
    const lengths = Int32Array.from(values, (list) => Math.min(listLength(list) ?? 0, SESSION_INVOCATIONS_MAX + 1));
    this.#spaces.expand(node.index, space, lengths);
    const elements = this.#spaces.of(node.scope);
    this.#budget.prepare(elements.size);
    const lists = new Int32Array(elements.size);
    let at = 0;
    lengths.forEach((length, list) => {
      lists.fill(list, at, at + length);
      at += length;
    });
    copies.elements = { space: elements, lists };
    this.#events.executed(copies);
    this.#opened.push(node.index);
  }

  /** Does what may make the session too large; that is then the fault of the node. */
  #within(node: PreparedNode, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      this.#isTooLarge = true;
      const { name } = node.inputs.find(({ sources }) => sources.length > 0) ?? { name: '' };
      this.#fail(node, '', name, error.message);
    }
  }

  #refuse({ node, space }: Copies, position: number, field: string, why: string): void {
    this.#fail(node, space.suffixes[position] ?? '', field, why);
  }

  #fail({ id }: PreparedNode, suffix: string, field: string, why: string): void {
    this.#fault ??= inputError(id, id + suffix, field, why);
  }
}

const edgesFrom = ({ inputs }: PreparedNode, parent: number): number =>
  inputs.flatMap(({ sources }) => sources).filter(({ node }) => node === parent).length;

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${String(value).slice(0, 50)}`;
}
