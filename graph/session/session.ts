/**
 * One execution of a graph: a function of the pinned graph, the item's substitutions and the recorded results (D1).
 * It decides what runs next and with which inputs; running, recording and timing are the caller's.
 *
 *   const session = new Session(graph, values, catalogue);
 *   session.restore(recorded);
 *   for (let step = session.next(); step.kind === 'invocation'; step = session.next())
 *     session.complete(step.invocation.id, await run(step.invocation));
 *
 * Control nodes never show as steps: the expansion evaluates them. Order (DESIGN §6): class by class, classes in the
 * order in which they first became ready, then iteration path, then node order. A step is repeated until it is completed
 * or failed: a session runs one invocation at a time.
 */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { GraphNode, NodeOutput, PinnedGraph } from '../../contract/graph/graph.ts';
import type { NodeFieldValue } from '../../contract/queue/batch.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { put } from '../own.ts';
import { SESSION_LIMITS, type SessionLimits } from './budget.ts';
import { byPath, type Copy, DONE, READY } from './copies.ts';
import { EphemeralStore } from './ephemeral-store.ts';
import { Expansion } from './expansion.ts';
import { hydrate } from './hydrate.ts';
import { derivedOutputs, preparedIds, skippedIds } from './overview.ts';
import { type PreparedGraph, preparedGraph } from './prepared-graph.ts';
import { ReadyQueue } from './ready-queue.ts';
import { recordOutput } from './record.ts';
import type { SessionStep } from './step.ts';
import { type SubstitutionsByNode, substitutionsByNode } from './substitution.ts';

/** Recorded results that this graph cannot have given: a defect, or another engine's record. */
export class ReplayError extends Error {
  override name = 'ReplayError';
}

export class Session {
  readonly #graph: PreparedGraph;
  readonly #substitutions: SubstitutionsByNode;
  readonly #expansion: Expansion;
  readonly #live: EphemeralStore;
  readonly #ready = new ReadyQueue<Copy>(byPath, isReady);
  readonly #results = new Map<string, NodeOutput>();
  readonly #executed = new Set<string>();
  readonly #history: string[] = [];
  readonly #errors = new Map<string, string>();
  #offered: ReadonlyMap<string, NodeOutput> = new Map();
  /** What `next` answered and nobody has answered to yet; no copy when it is about a control node. */
  #current: { id: string; copy: Copy | undefined; step: SessionStep } | undefined;

  /**
   * The preparation of `graph` is kept with that object: hand every session of a batch the same one. Whoever only shows a
   * session may set `limits` lower than those that it runs under.
   */
  constructor(
    graph: PinnedGraph,
    values: readonly NodeFieldValue[],
    catalogue: Catalogue,
    limits: SessionLimits = SESSION_LIMITS,
  ) {
    this.#graph = preparedGraph(graph, catalogue);
    this.#substitutions = substitutionsByNode(this.#graph, values);
    this.#expansion = new Expansion(
      this.#graph,
      ({ index }, { name, literal }) => this.#substitutions?.get(index)?.get(name) ?? literal,
      {
        ready: (copies, position) => this.#ready.add({ copies, position }, copies.node.classIndex),
        prepared: (copies) => this.#live.prepared(copies),
        ended: (copies, position) => this.#live.ended(copies, position),
        executed: (copies) => {
          this.#executed.add(copies.node.id);
          this.#history.push(copies.node.id);
          this.#live.executed(copies);
        },
      },
      limits,
    );
    this.#live = new EphemeralStore(this.#expansion);
    this.#expansion.start();
  }

  /** Results of ordinary invocations by id, in order of completion; ephemeral outputs are marks. */
  get results(): ReadonlyMap<string, NodeOutput> {
    return this.#results;
  }

  /** Source ids whose every invocation has completed or was skipped. */
  get executed(): ReadonlySet<string> {
    return this.#executed;
  }

  /** Source ids in the order in which they became so. */
  get history(): readonly string[] {
    return this.#history;
  }

  /** Messages by invocation id. */
  get errors(): ReadonlyMap<string, string> {
    return this.#errors;
  }

  /** Every invocation has ended, and none failed. */
  get isComplete(): boolean {
    return this.#errors.size === 0 && this.#executed.size === this.#graph.nodes.length;
  }

  /** How many results were recorded, restored ones included. */
  get resultCount(): number {
    return this.#results.size;
  }

  /** What the control nodes that are done gave, by invocation id; ephemeral values are marks. */
  derived(): Map<string, NodeOutput> {
    return derivedOutputs(this.#expansion);
  }

  /** Source id → ids of its invocations by iteration path, as far as they are known. */
  prepared(): Map<string, string[]> {
    return preparedIds(this.#expansion);
  }

  /** Ids of the invocations that no branch needs. */
  get skipped(): ReadonlySet<string> {
    return skippedIds(this.#expansion);
  }

  /** For those who show the whole state. */
  get expansion(): Expansion {
    return this.#expansion;
  }

  /** Ids of what is ready, in the order in which it would run if nothing else became ready. */
  ready(): string[] {
    return this.#ready.list().map((copy) => this.#id(copy));
  }

  next(): SessionStep {
    if (this.#current !== undefined) return this.#current.step;
    for (const [invocation_id, message] of this.#errors) return { kind: 'failed', invocation_id, message };
    const { fault } = this.#expansion;
    if (fault !== undefined) return this.#answer(fault.invocation_id, undefined, fault);
    const copy = this.#ready.peek();
    if (copy === undefined)
      return this.isComplete ? { kind: 'complete' } : { kind: 'stalled', blocked: this.#blocked() };
    const offered = this.#offered.size === 0 ? undefined : this.#offered.get(this.#id(copy));
    if (offered !== undefined) return this.#answer(this.#id(copy), copy, this.#offeredStep(copy, offered));
    const missing = this.#live.missingFor(copy.copies, copy.position);
    const next = missing ?? copy;
    return this.#answer(this.#id(next), next, this.#step(next, missing !== undefined));
  }

  /**
   * The current invocation returned `output`: one live value for each output field. Answers what to record, or for a
   * recomputed invocation what was recorded before. Throws when `id` is not the current invocation, or JSON
   * cannot say what it returned.
   */
  complete(id: string, output: Readonly<Record<string, unknown>>): NodeOutput {
    const { copy, step } = this.#answered(id);
    if (step.kind !== 'invocation' || copy === undefined)
      throw new Error(`${id} got no inputs, so it cannot have completed`);
    if (step.invocation.recompute) {
      this.#current = undefined;
      this.#live.recomputed(copy, output);
      return copy.copies.values[copy.position] as NodeOutput;
    }
    // What cannot be recorded leaves the invocation as it was, so that it can fail.
    const recorded = recordOutput(copy.copies.node.nodeType, output);
    this.#current = undefined;
    this.#live.keep(copy, output);
    this.#finish(id, copy, recorded);
    return recorded;
  }

  /**
   * Results of other sessions for the same work, by invocation id: `next` answers these invocations with them, and without
   * inputs. Call it before the first `next`.
   */
  offer(results: ReadonlyMap<string, NodeOutput>): void {
    this.#offered = results;
  }

  /**
   * The current invocation ends with the result that was offered for it. Live values of that are made when something here
   * needs them, as after a resume. Throws when `id` is not the current invocation, or nothing was offered for it.
   */
  take(id: string): void {
    const { copy, step } = this.#answered(id);
    const result = step.kind === 'invocation' ? step.invocation.offered : undefined;
    if (copy === undefined || result === undefined) throw new Error(`nothing was offered for "${id}"`);
    this.#current = undefined;
    this.#live.taken(copy, result);
    this.#finish(id, copy, result);
  }

  /** The current invocation failed, and the session with it. Throws when `id` is not the current invocation. */
  fail(id: string, message: string): void {
    this.#answered(id);
    this.#current = undefined;
    this.#errors.set(id, message);
  }

  /**
   * Replays what earlier leases recorded, in its order; call it before the first `next`. Throws ReplayError when a
   * result names no invocation that was ready at its place.
   */
  restore(results: readonly RecordedResult[]): void {
    if (this.#current !== undefined) throw new Error('restore comes before the first step');
    for (const { invocation_id, result } of results) this.#finish(invocation_id, this.#recorded(invocation_id), result);
    this.#live.restored();
  }

  #recorded(id: string): Copy {
    const { fault } = this.#expansion;
    if (fault !== undefined)
      throw new ReplayError(`"${id}" was recorded, but the session ends before: ${fault.message}`);
    const hash = id.indexOf('#');
    const index = this.#graph.indexOf.get(hash === -1 ? id : id.slice(0, hash));
    const copies = index === undefined ? undefined : this.#expansion.table.of(index);
    if (copies?.node.control !== undefined) throw new ReplayError(`"${id}" is never recorded: it follows from others`);
    const position = copies?.space.positionOf(hash === -1 ? '' : id.slice(hash));
    if (index !== undefined && copies === undefined)
      throw new ReplayError(`"${id}" was recorded before what it waits for`);
    if (copies === undefined || position === undefined) throw new ReplayError(`the graph has no invocation "${id}"`);
    const state = copies.states[position];
    if (state === DONE) throw new ReplayError(`"${id}" was recorded twice`);
    if (state !== READY) throw new ReplayError(`"${id}" was recorded before what it waits for, or without need`);
    return { copies, position };
  }

  #step(copy: Copy, recompute: boolean): SessionStep {
    const { copies, position } = copy;
    const { id: source_id, index, node } = copies.node;
    const id = this.#id(copy);
    const substitutions = this.#substitutions?.get(index);
    const hydration = hydrate(copies.node, id, substitutions, ({ node: parent, field, ephemeral }) => {
      const from = this.#expansion.table.of(parent);
      const at = this.#expansion.table.sourceOf(copies, position, parent);
      if (from === undefined || at === -1) return undefined;
      return ephemeral ? this.#live.output(from, at, field) : this.#expansion.table.output(from, at, field);
    });
    if (!hydration.ok) return hydration.error;
    const submitted = this.#submitted(copy);
    return {
      kind: 'invocation',
      invocation: { id, source_id, type: node.type, node: submitted, inputs: hydration.inputs, recompute },
    };
  }

  #offeredStep(copy: Copy, offered: NodeOutput): SessionStep {
    const { id: source_id, node } = copy.copies.node;
    const about = { id: this.#id(copy), source_id, type: node.type, node: this.#submitted(copy) };
    return { kind: 'invocation', invocation: { ...about, inputs: {}, recompute: false, offered } };
  }

  #submitted({ copies }: Copy): GraphNode {
    const { index, node } = copies.node;
    const substitutions = this.#substitutions?.get(index);
    if (substitutions === undefined) return node;
    const submitted: GraphNode = { ...node };
    for (const [field, value] of substitutions) put(submitted, field, value);
    return submitted;
  }

  #answer(id: string, copy: Copy | undefined, step: SessionStep): SessionStep {
    this.#current = { id, copy, step };
    return step;
  }

  #answered(id: string): { copy: Copy | undefined; step: SessionStep } {
    if (this.#current?.id !== id) throw new Error(`"${id}" is not the invocation that next() answered`);
    return this.#current;
  }

  #finish(id: string, copy: Copy, recorded: NodeOutput): void {
    this.#ready.activate(copy.copies.node.classIndex);
    this.#results.set(id, recorded);
    this.#expansion.complete(copy.copies, copy.position, recorded);
  }

  #blocked(): string[] {
    return this.#graph.nodes.map(({ id }) => id).filter((id) => !this.#executed.has(id));
  }

  #id({ copies, position }: Copy): string {
    return this.#expansion.table.id(copies, position);
  }
}

const isReady = ({ copies, position }: Copy): boolean => copies.states[position] === READY;
