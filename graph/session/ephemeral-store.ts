/**
 * The live values of a session: latents, conditioning, tensors. They are kept only while something may still take them,
 * and after a resume their producers run again only for what is needed (D1). Control nodes hold no live values: what they
 * pass on is looked up behind them, and kept while one of the nodes behind them has not executed.
 */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { own, put } from '../own.ts';
import { type Copies, type Copy, DONE } from './copies.ts';
import type { Expansion } from './expansion.ts';
import { type Part, Passing } from './passing.ts';
import type { PreparedNode } from './prepared-graph.ts';

type Values = Readonly<Record<string, unknown>>;

/** Whether what is recorded stands for a live value: a recorded null or empty list is the value itself. */
const isMark = (recorded: unknown): boolean =>
  Array.isArray(recorded) ? recorded.length > 0 : recorded !== undefined && recorded !== null;

const hasMarks = ({ ephemeralOutputs }: PreparedNode, output: NodeOutput): boolean =>
  ephemeralOutputs.some((field) => isMark(own(output, field)));

const isLive = ({ copies, field }: Part, recorded: unknown): boolean =>
  copies.node.ephemeralOutputs.includes(field) && isMark(recorded);

const elementOf = (value: unknown, path: readonly number[]): unknown =>
  path.reduce<unknown>((list, index) => (Array.isArray(list) ? list[index] : undefined), value);

/** What may still take the values of one node's copies. */
class Holders {
  /** By position; undefined when it has not run here, or nothing takes its values any more. */
  readonly values: (Values | undefined)[] = [];
  /** By position: copies of ordinary nodes that take from it and have not ended. Empty until it is prepared. */
  uses: Int32Array = new Int32Array(0);
  /** Ordinary nodes that take from it and are not prepared. */
  unprepared = 0;
  /** Control nodes that pass its values on and are needed; of a control node itself, all that still need it. */
  passing = 0;

  isNeeded(position: number): boolean {
    return this.passing > 0 || this.unprepared > 0 || (this.uses[position] ?? 0) > 0;
  }

  releaseUnneeded(): void {
    this.values.forEach((values, position) => {
      if (values !== undefined && !this.isNeeded(position)) this.values[position] = undefined;
    });
  }
}

export class EphemeralStore {
  readonly #expansion: Expansion;
  readonly #isUsed: boolean;
  readonly #holders: Holders[];
  readonly #passing: Passing;
  /** Producers to run again before what is ready can run; the last one is next. */
  readonly #recomputing: Copy[] = [];
  #isRestored = false;

  constructor(expansion: Expansion) {
    this.#expansion = expansion;
    this.#passing = new Passing(expansion.table);
    const { nodes, hasEphemeralEdges, topological } = expansion.graph;
    this.#isUsed = hasEphemeralEdges;
    this.#holders = hasEphemeralEdges ? nodes.map(() => new Holders()) : [];
    if (!hasEphemeralEdges) return;
    // Children first: a control node that nobody takes from needs nothing.
    for (const index of topological.toReversed()) {
      const node = nodes[index];
      const holders = this.#holders[index];
      if (node === undefined || holders === undefined) continue;
      for (const child of node.liveChildren) {
        const isControl = nodes[child]?.control !== undefined;
        if (node.control !== undefined || isControl) holders.passing += isControl ? this.#isNeeded(child) : 1;
        else holders.unprepared++;
      }
    }
  }

  #isNeeded(control: number): number {
    return (this.#holders[control]?.passing ?? 0) > 0 ? 1 : 0;
  }

  /** The live value of a copy's output; of what is not live, the recorded one. */
  output(copies: Copies, position: number, field: string, path: readonly number[] = []): unknown {
    const found = this.#passing.behind({ copies, position, field, path });
    if (Array.isArray(found))
      return found.map((part) => this.output(part.copies, part.position, part.field, part.path));
    if (found === undefined) return this.#expansion.table.output(copies, position, field);
    const recorded = this.#recorded(found);
    if (!isLive(found, recorded)) return recorded;
    const values = this.#holders[found.copies.node.index]?.values[found.position];
    return values && elementOf(own(values, found.field), found.path);
  }

  /** The copy that has to run again before this one can: one of those that it takes from, and that lack nothing. */
  missingFor(copies: Copies, position: number): Copy | undefined {
    if (!this.#isRestored) return undefined;
    const stack = this.#recomputing;
    if (stack.length === 0) this.#pushMissing(copies, position);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      // A producer that two consumers wait for is pushed twice.
      if (!this.#lacks(top.copies, top.position)) stack.pop();
      else if (!this.#pushMissing(top.copies, top.position)) return top;
    }
    return undefined;
  }

  prepared(copies: Copies): void {
    if (!this.#isUsed) return;
    const holders = this.#holders[copies.node.index];
    if (holders !== undefined) holders.uses = new Int32Array(copies.space.size);
    if (copies.node.control !== undefined) return;
    this.#eachParent(copies.node, (parent, taken) => {
      if (parent.node.control !== undefined) return;
      for (let position = 0; position < copies.space.size; position++) {
        const source = this.#expansion.table.sourceOf(copies, position, parent.node.index);
        taken.uses[source] = (taken.uses[source] ?? 0) + 1;
      }
      taken.unprepared--;
      if (taken.unprepared === 0) taken.releaseUnneeded();
    });
  }

  /** `output` of a copy that just ran, before the expansion learns of it. */
  keep({ copies, position }: Copy, output: Values): void {
    const holders = this.#holders[copies.node.index];
    if (holders === undefined || !holders.isNeeded(position)) return;
    const values: Record<string, unknown> = {};
    for (const field of copies.node.ephemeralOutputs) put(values, field, own(output, field));
    holders.values[position] = values;
  }

  ended(copies: Copies, position: number): void {
    if (this.#isUsed && copies.node.control === undefined) this.#release(copies, position, false);
  }

  /** It ran again: what it took is released once more. */
  recomputed(copy: Copy, output: Values): void {
    this.keep(copy, output);
    this.#release(copy.copies, copy.position, true);
  }

  executed({ node }: Copies): void {
    if (!this.#isUsed || node.control !== undefined) return;
    this.#eachParent(node, (parent, taken) => {
      if (parent.node.control !== undefined) this.#passedOn(parent.node, taken);
    });
  }

  /** `output` was recorded by another session: its live values are not here, and may have to be made like those of a resumed one. */
  taken({ copies, position }: Copy, output: NodeOutput): void {
    const holders = this.#holders[copies.node.index];
    if (holders === undefined) return;
    this.#isRestored = true;
    if (hasMarks(copies.node, output) && holders.isNeeded(position)) this.#retain(copies, position);
  }

  /** The recorded results were replayed: counts what will take what again. */
  restored(): void {
    if (!this.#isUsed) return;
    this.#isRestored = true;
    for (const { node, copies, holders } of this.#ordinary())
      copies.states.forEach((state, position) => {
        if (state !== DONE) return;
        const output = copies.values[position] as NodeOutput;
        if (hasMarks(node, output) && holders.isNeeded(position)) this.#retain(copies, position);
      });
  }

  /** Ordinary nodes that are prepared and give something live, children before parents. */
  *#ordinary(): Generator<{ node: PreparedNode; copies: Copies; holders: Holders }> {
    const { nodes, topological } = this.#expansion.graph;
    for (const index of topological.toReversed()) {
      const node = nodes[index];
      const copies = this.#expansion.table.of(index);
      const holders = this.#holders[index];
      if (node !== undefined && node.ephemeralOutputs.length > 0 && copies !== undefined && holders !== undefined)
        yield { node, copies, holders };
    }
  }

  /** A copy that may run again will take from its parents again. */
  #retain(copies: Copies, position: number): void {
    this.#eachParent(copies.node, (parent, taken) => {
      if (parent.node.control !== undefined) {
        this.#needed(parent.node, taken);
        return;
      }
      const source = this.#expansion.table.sourceOf(copies, position, parent.node.index);
      taken.uses[source] = (taken.uses[source] ?? 0) + 1;
    });
  }

  /** A copy has taken what it takes; from control nodes only if it ran again: else they wait for the whole node. */
  #release(copies: Copies, position: number, again: boolean): void {
    this.#eachParent(copies.node, (parent, taken) => {
      if (parent.node.control !== undefined) {
        if (again) this.#passedOn(parent.node, taken);
        return;
      }
      const source = this.#expansion.table.sourceOf(copies, position, parent.node.index);
      taken.uses[source] = (taken.uses[source] ?? 0) - 1;
      if (!taken.isNeeded(source)) taken.values[source] = undefined;
    });
  }

  #needed(control: PreparedNode, holders: Holders): void {
    const passing = [{ node: control, holders }];
    for (let next = passing.pop(); next !== undefined; next = passing.pop()) {
      next.holders.passing++;
      if (next.holders.passing > 1) continue;
      for (const above of this.#above(next.node)) {
        if (above.node.control === undefined) above.holders.passing++;
        else passing.push(above);
      }
    }
  }

  /** One that a control node passes values on to has all of them. */
  #passedOn(control: PreparedNode, holders: Holders): void {
    const passing = [{ node: control, holders }];
    for (let next = passing.pop(); next !== undefined; next = passing.pop()) {
      next.holders.passing--;
      if (next.holders.passing > 0) continue;
      const copies = this.#expansion.table.of(next.node.index);
      if (copies !== undefined) this.#passing.forget(copies);
      for (const above of this.#above(next.node)) {
        if (above.node.control !== undefined) passing.push(above);
        else if (--above.holders.passing === 0) above.holders.releaseUnneeded();
      }
    }
  }

  #above({ liveParents }: PreparedNode): { node: PreparedNode; holders: Holders }[] {
    return liveParents.flatMap((index) => {
      const node = this.#expansion.graph.nodes[index];
      const holders = this.#holders[index];
      return node === undefined || holders === undefined ? [] : [{ node, holders }];
    });
  }

  #eachParent(node: PreparedNode, visit: (parent: Copies, holders: Holders) => void): void {
    for (const index of node.liveParents) {
      const parent = this.#expansion.table.of(index);
      const holders = this.#holders[index];
      if (parent !== undefined && holders !== undefined) visit(parent, holders);
    }
  }

  /** Lowest node first to run, so last onto the stack. */
  #pushMissing(copies: Copies, position: number): boolean {
    const missing = new Map<string, Copy>();
    const visit = (part: Part): void => {
      const found = this.#passing.behind(part);
      if (Array.isArray(found)) for (const each of found) visit(each);
      else if (found !== undefined && isLive(found, this.#recorded(found)) && this.#lacks(found.copies, found.position))
        missing.set(this.#expansion.table.id(found.copies, found.position), found);
    };
    for (const { sources } of copies.node.inputs)
      for (const { node, field, ephemeral } of sources) {
        const parent = ephemeral ? this.#expansion.table.of(node) : undefined;
        const source = this.#expansion.table.sourceOf(copies, position, node);
        if (parent !== undefined) visit({ copies: parent, position: source, field, path: [] });
      }
    const found = [...missing.values()];
    found.sort((a, b) => b.copies.node.index - a.copies.node.index || b.position - a.position);
    this.#recomputing.push(...found);
    return found.length > 0;
  }

  #lacks(copies: Copies, position: number): boolean {
    return this.#holders[copies.node.index]?.values[position] === undefined;
  }

  #recorded({ copies, position, field, path }: Part): unknown {
    return elementOf(this.#expansion.table.output(copies, position, field), path);
  }
}
