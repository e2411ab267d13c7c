/**
 * The oracle, part two: everything that is so at one moment of a session, worked out from nothing but the graph and the
 * outputs of the ordinary invocations that ran. Answers are remembered within the moment, and nothing else is.
 */
import type { GraphEdge } from '../../contract/graph/graph.ts';
import type { Branch, Shape } from './oracle-shape.ts';

export type Path = readonly number[];
export type Output = Readonly<Record<string, unknown>>;
export interface Copy {
  id: string;
  path: Path;
}

export const invocationId = ({ id, path }: Copy): string => (path.length === 0 ? id : `${id}#${path.join(',')}`);

/** Numbers in turn; a prefix comes first. */
export function comparePaths(a: Path, b: Path): number {
  const at = a.findIndex((index, place) => index !== b[place]);
  return at === -1 || at >= b.length ? a.length - b.length : a[at]! - b[at]!;
}

/** The oracle's own bound: everything in it grows with the square of this, or faster. */
const PATHS_MAX = 27;

/** A session that is too much for the oracle. */
export class TooLarge extends Error {
  override name = 'TooLarge';
}

const UNFINISHED = Symbol('unfinished');

export class Moment {
  readonly shape: Shape;
  readonly #literal: (id: string, field: string) => unknown;
  readonly #ran: ReadonlyMap<string, Output>;
  readonly #known = new Map<string, unknown>();

  constructor(shape: Shape, literal: (id: string, field: string) => unknown, ran: ReadonlyMap<string, Output>) {
    this.shape = shape;
    this.#literal = literal;
    this.#ran = ran;
  }

  /**
   * All parents are prepared, and those that iterate are expanded. An `if` does not wait for its branches: only for the
   * iterations around it, and for its condition.
   */
  prepared(id: string): boolean {
    return this.#once(`prepared ${id}`, () => {
      const isIf = this.shape.kind(id) === 'if';
      const parents = isIf
        ? this.shape.into(id, 'condition').map(({ source }) => source.node_id)
        : this.shape.parents(id);
      const iterates = isIf ? this.shape.scope(id) : parents.filter((parent) => this.shape.kind(parent) === 'iterate');
      return parents.every((each) => this.prepared(each)) && iterates.every((each) => this.expanded(each));
    });
  }

  /** Every base path of an iterate has its list. */
  expanded(id: string): boolean {
    return this.#once(
      `expanded ${id}`,
      () =>
        this.prepared(id) && this.space(this.#outer(id))!.every((base) => this.list({ id, path: base }) !== undefined),
    );
  }

  /** All paths of a scope, in order; undefined as long as one of its dimensions is not expanded. */
  space(scope: readonly string[]): Path[] | undefined {
    if (!scope.every((dimension) => this.expanded(dimension))) return undefined;
    let paths: Path[] = [[]];
    scope.forEach((dimension, depth) => {
      const before = scope.slice(0, depth);
      paths = paths.flatMap((path) => {
        const base = project(path, before, this.#outer(dimension));
        return this.list({ id: dimension, path: base })!.map((_, index) => [...path, index]);
      });
      if (paths.length > PATHS_MAX) throw new TooLarge(`a scope has ${paths.length} paths`);
    });
    return paths;
  }

  /** The copies of a node; of an iterate its elements. None before it is prepared, or an iterate expanded. */
  copies(id: string): Copy[] {
    if (!this.prepared(id) || (this.shape.kind(id) === 'iterate' && !this.expanded(id))) return [];
    return this.space(this.shape.scope(id))!.map((path) => ({ id, path }));
  }

  /** What an iterate goes through at a base path. A skipped one has nothing; undefined when it is not known. */
  list(base: Copy): readonly unknown[] | undefined {
    return this.#once(`list ${invocationId(base)}`, () => {
      const fate = this.fate(base);
      if (fate === 'skipped') return [];
      if (fate === 'held' || !this.prepared(base.id)) return undefined;
      const brought = this.read(this.shape.into(base.id, 'collection')[0]!, base);
      return Array.isArray(brought?.value) ? brought.value : undefined;
    });
  }

  /** Whether some if holds a copy back, or does not need it at all. An iterate has a fate for each base path. */
  fate(copy: Copy): 'free' | 'held' | 'skipped' {
    return this.#once(`fate ${invocationId(copy)}/${copy.path.length}`, () => {
      const hold = this.shape.hold(copy.id);
      if (hold === undefined) return 'free';
      const { of, branch, agree } = hold;
      const place = project(copy.path, this.shape.scope(copy.id), agree);
      const choices = this.copies(of)
        .filter(({ path }) => comparePaths(project(path, this.shape.scope(of), agree), place) === 0)
        .map((each) => this.choice(each));
      if (choices.includes(branch)) return 'free';
      return this.prepared(of) && !choices.includes(undefined) ? 'skipped' : 'held';
    });
  }

  /** What an if chose; undefined when it has not. */
  choice(copy: Copy): Branch | 'skipped' | undefined {
    const fate = this.fate(copy);
    if (fate !== 'free') return fate === 'skipped' ? fate : undefined;
    const condition = this.#input(copy, 'condition')?.value;
    return typeof condition === 'boolean' ? (condition ? 'true_input' : 'false_input') : undefined;
  }

  /** What a copy gives, when it is done. */
  output(copy: Copy): Output | undefined {
    return this.#once(`output ${invocationId(copy)}`, () => {
      const kind = this.shape.kind(copy.id);
      if (kind === 'ordinary') return this.#ran.get(invocationId(copy));
      if (kind === 'iterate') {
        const list = this.list({ id: copy.id, path: copy.path.slice(0, -1) });
        const index = copy.path.at(-1)!;
        return list && { type: 'iterate_output', item: list[index], index, total: list.length };
      }
      if (this.fate(copy) !== 'free' || !this.prepared(copy.id)) return undefined;
      return kind === 'if' ? this.#chosen(copy) : this.#collected(copy);
    });
  }

  /** What an edge brings to a copy of its destination; undefined as long as its source is not done. */
  read(edge: GraphEdge, to: Copy): { value: unknown } | undefined {
    const { node_id, field } = edge.source;
    const path = project(to.path, this.shape.scope(to.id), this.shape.scope(node_id));
    const output = this.output({ id: node_id, path });
    return output && { value: output[field] };
  }

  isSkipped(copy: Copy): boolean {
    return this.fate(copy) === 'skipped';
  }

  isDone(copy: Copy): boolean {
    return this.output(copy) !== undefined;
  }

  /** A node all of whose copies are done or skipped. */
  executed(id: string): boolean {
    if (this.shape.kind(id) === 'iterate') return this.expanded(id);
    return this.prepared(id) && this.copies(id).every((copy) => this.isDone(copy) || this.isSkipped(copy));
  }

  /** Ordinary copies that could run now, by path and then by node. */
  ready(): Copy[] {
    return this.shape.nodes
      .filter(({ id }) => this.shape.kind(id) === 'ordinary')
      .flatMap(({ id }) => this.copies(id))
      .filter((copy) => !this.isDone(copy) && this.fate(copy) === 'free')
      .filter((copy) => this.shape.into(copy.id).every((edge) => this.read(edge, copy) !== undefined))
      .sort((a, b) => comparePaths(a.path, b.path));
  }

  /** Copies that are skipped. A skipped iterate has no elements, so it has nothing to skip. */
  skipped(): string[] {
    return this.shape.nodes
      .flatMap(({ id }) => this.copies(id))
      .filter((copy) => this.isSkipped(copy))
      .map(invocationId);
  }

  /** Control copies that cannot be evaluated: an iterate of no list, an if whose condition is no boolean. */
  faults(): string[] {
    return this.shape.nodes
      .flatMap(({ id }) => {
        const kind = this.shape.kind(id);
        const scope = kind === 'iterate' ? this.#outer(id) : this.shape.scope(id);
        if ((kind !== 'iterate' && kind !== 'if') || !this.prepared(id)) return [];
        return this.space(scope)!.map((path): Copy => ({ id, path }));
      })
      .filter((copy) => {
        if (this.fate(copy) !== 'free') return false;
        if (this.shape.kind(copy.id) === 'if')
          return this.#input(copy, 'condition') !== undefined && this.choice(copy) === undefined;
        return this.#input(copy, 'collection') !== undefined && this.list(copy) === undefined;
      })
      .map(invocationId);
  }

  #outer(iterate: string): string[] {
    return this.shape.scope(iterate).slice(0, -1);
  }

  #input(copy: Copy, field: string): { value: unknown } | undefined {
    const [edge] = this.shape.into(copy.id, field);
    return edge === undefined ? { value: this.#literal(copy.id, field) } : this.read(edge, copy);
  }

  #chosen(copy: Copy): Output | undefined {
    const choice = this.choice(copy);
    const selected = choice && this.#input(copy, choice);
    return selected && { type: 'if_output', value: selected.value ?? null };
  }

  #collected(copy: Copy): Output | undefined {
    const scope = this.shape.scope(copy.id);
    const collection: unknown[] = [];
    for (const edge of this.shape.into(copy.id, 'collection')) {
      const brought = this.read(edge, copy);
      if (brought === undefined) return undefined;
      if (Array.isArray(brought.value)) collection.push(...brought.value);
      else collection.push(brought.value);
    }
    const members = this.shape.into(copy.id, 'item').flatMap(({ source: { node_id, field } }) => {
      const inner = this.shape.scope(node_id);
      const shared = inner.filter((dimension) => scope.includes(dimension));
      return this.copies(node_id)
        .filter(({ path }) => comparePaths(project(path, inner, shared), project(copy.path, scope, shared)) === 0)
        .map((member) => ({ member, field }));
    });
    const taken = members.filter(({ member }) => !this.isSkipped(member));
    if (taken.some(({ member }) => !this.isDone(member))) return undefined;
    // Sorting keeps the order of edges where paths are equal.
    taken.sort((a, b) => comparePaths(a.member.path, b.member.path));
    collection.push(...taken.map(({ member, field }) => this.output(member)![field]));
    return { type: 'collect_output', collection };
  }

  #once<T>(key: string, compute: () => T): T {
    if (this.#known.get(key) === UNFINISHED) throw new Error(`${key} depends on itself`);
    if (!this.#known.has(key)) {
      this.#known.set(key, UNFINISHED);
      this.#known.set(key, compute());
    }
    return this.#known.get(key) as T;
  }
}

/** The indexes that a path has in the dimensions `onto`, those that it has. */
function project(path: Path, scope: readonly string[], onto: readonly string[]): Path {
  return onto.map((dimension) => path[scope.indexOf(dimension)]!);
}
