/**
 * Iteration spaces. The *scope* of a node is the list of iterate nodes that multiply it, its dimensions; a *space* holds
 * every path of a scope: one index for each dimension, in lexicographic order. Nodes of one scope share one space, and
 * a copy of a node is its position there.
 */
import type { Budget } from './budget.ts';

export class Space {
  readonly scope: readonly number[];
  readonly size: number;
  /** What follows the node's id in an invocation's: '' or '#0,2'; by position. */
  readonly suffixes: readonly string[];
  /** The paths one after the other, scope.length indexes each. */
  readonly #indexes: Int32Array;
  #positions: ReadonlyMap<string, number> | undefined;

  private constructor(scope: readonly number[], indexes: Int32Array, suffixes: string[]) {
    this.scope = scope;
    this.size = suffixes.length;
    this.suffixes = suffixes;
    this.#indexes = indexes;
  }

  /** Of no iteration: one copy, and an empty path. */
  static readonly ROOT = new Space([], new Int32Array(0), ['']);

  /** One dimension more: `lengths` says for each position how many paths follow from it. */
  extended(dimension: number, lengths: Int32Array, budget: Budget): Space {
    let size = 0;
    for (const length of lengths) size += length;
    budget.extend(size);
    const depth = this.scope.length;
    const indexes = new Int32Array(size * (depth + 1));
    const suffixes = new Array<string>(size);
    let at = 0;
    for (let position = 0; position < this.size; position++) {
      const start = depth === 0 ? '#' : `${this.suffixes[position]},`;
      const length = lengths[position] ?? 0;
      for (let index = 0; index < length; index++) {
        for (let d = 0; d < depth; d++) indexes[at * (depth + 1) + d] = this.#indexes[position * depth + d] ?? 0;
        indexes[at * (depth + 1) + depth] = index;
        suffixes[at] = start + index;
        at++;
      }
    }
    return new Space([...this.scope, dimension], indexes, suffixes);
  }

  /** The position with that suffix; undefined when there is none. */
  positionOf(suffix: string): number | undefined {
    this.#positions ??= new Map(this.suffixes.map((each, position) => [each, position]));
    return this.#positions.get(suffix);
  }

  path(position: number): number[] {
    const depth = this.scope.length;
    return [...this.#indexes.subarray(position * depth, (position + 1) * depth)];
  }

  /** The index in dimension number `at` of the scope. */
  index(position: number, at: number): number {
    return this.#indexes[position * this.scope.length + at] ?? 0;
  }

  /** Below 0 when the path goes before `otherPath`: by indexes, a prefix first. */
  compare(position: number, other: Space, otherPosition: number): number {
    if (this === other) return position - otherPosition;
    const shared = Math.min(this.scope.length, other.scope.length);
    for (let at = 0; at < shared; at++) {
      const difference = this.index(position, at) - other.index(otherPosition, at);
      if (difference !== 0) return difference;
    }
    return this.scope.length - other.scope.length;
  }
}

/** Which positions of two spaces agree on some dimensions that both have: those of one group. */
export class Join {
  readonly left: Space;
  readonly right: Space;
  readonly groupCount: number;
  /** By position. -1 where the other space has nothing to agree with. */
  readonly leftGroups: Int32Array;
  readonly rightGroups: Int32Array;
  #leftMembers: Members | undefined;
  #rightMembers: Members | undefined;

  constructor(left: Space, right: Space, dimensions: readonly number[]) {
    this.left = left;
    this.right = right;
    this.leftGroups = new Int32Array(left.size);
    this.rightGroups = new Int32Array(right.size);
    this.groupCount = 1;
    if (dimensions.length === 0) return;
    const [keyOfLeft, keyOfRight] = [keys(left, dimensions), keys(right, dimensions)];
    const groups = new Map<number | string, number>();
    for (let position = 0; position < left.size; position++) {
      const key = keyOfLeft(position);
      const group = groups.get(key) ?? groups.size;
      groups.set(key, group);
      this.leftGroups[position] = group;
    }
    for (let position = 0; position < right.size; position++)
      this.rightGroups[position] = groups.get(keyOfRight(position)) ?? -1;
    this.groupCount = groups.size;
  }

  /** How many pairs agree. */
  get pairCount(): number {
    const counts = new Int32Array(this.groupCount);
    for (const group of this.leftGroups) counts[group] = (counts[group] ?? 0) + 1;
    let pairs = 0;
    for (const group of this.rightGroups) if (group >= 0) pairs += counts[group] ?? 0;
    return pairs;
  }

  /** Positions of the left space that agree with one of the right, ascending. */
  leftsOf(rightPosition: number): Int32Array {
    this.#leftMembers ??= new Members(this.leftGroups, this.groupCount);
    return this.#leftMembers.of(this.rightGroups[rightPosition] ?? -1);
  }

  /** The only position of the left space that agrees, where the left scope lies in the right one; -1 when none does. */
  leftOf(rightPosition: number): number {
    this.#leftMembers ??= new Members(this.leftGroups, this.groupCount);
    return this.#leftMembers.first(this.rightGroups[rightPosition] ?? -1);
  }

  rightsOf(leftPosition: number): Int32Array {
    this.#rightMembers ??= new Members(this.rightGroups, this.groupCount);
    return this.#rightMembers.of(this.leftGroups[leftPosition] ?? -1);
  }

  /** Positions of the left space in a group, ascending. */
  leftsIn(group: number): Int32Array {
    this.#leftMembers ??= new Members(this.leftGroups, this.groupCount);
    return this.#leftMembers.of(group);
  }
}

/** The positions of each group, one after the other. */
class Members {
  readonly #starts: Int32Array;
  readonly #positions: Int32Array;

  constructor(groups: Int32Array, groupCount: number) {
    const starts = new Int32Array(groupCount + 1);
    for (const group of groups) if (group >= 0) starts[group + 1] = (starts[group + 1] ?? 0) + 1;
    for (let group = 0; group < groupCount; group++)
      starts[group + 1] = (starts[group + 1] ?? 0) + (starts[group] ?? 0);
    const next = starts.slice();
    this.#positions = new Int32Array(starts[groupCount] ?? 0);
    groups.forEach((group, position) => {
      if (group < 0) return;
      const at = next[group] ?? 0;
      next[group] = at + 1;
      this.#positions[at] = position;
    });
    this.#starts = starts;
  }

  first(group: number): number {
    const start = this.#starts[group];
    return start === undefined || start === this.#starts[group + 1] ? -1 : (this.#positions[start] ?? -1);
  }

  of(group: number): Int32Array {
    if (group === 0 && this.#starts.length === 2) return this.#positions;
    return group < 0 ? NOTHING : this.#positions.subarray(this.#starts[group], this.#starts[group + 1]);
  }
}

const NOTHING = new Int32Array(0);

/** What identifies a position among those that differ in `dimensions`. */
function keys(space: Space, dimensions: readonly number[]): (position: number) => number | string {
  const places = dimensions.map((dimension) => space.scope.indexOf(dimension));
  const [only] = places;
  if (places.length === 1 && only !== undefined) return (position) => space.index(position, only);
  if (places.length === space.scope.length) return (position) => space.suffixes[position] ?? '';
  return (position) => `#${places.map((place) => space.index(position, place)).join(',')}`;
}

/** Of two nodes outside of every iteration, which most are. */
const ROOT_JOIN = new Join(Space.ROOT, Space.ROOT, []);

/** The spaces of one session, as far as its lists are known. */
export class Spaces {
  readonly #budget: Budget;
  readonly #spaces = new Map<string, Space>();
  readonly #joins = new Map<Space, Map<Space, Map<string, Join>>>();
  /** By iterate node: the space that it iterates in, and the length of its list at each position there. */
  readonly #lengths = new Map<number, { base: Space; lengths: Int32Array }>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** The lists of an iterate node are known. */
  expand(dimension: number, base: Space, lengths: Int32Array): void {
    this.#lengths.set(dimension, { base, lengths });
  }

  /** Every iterate node of the scope is expanded. Throws ExpansionError when it has too many paths. */
  of(scope: readonly number[]): Space {
    if (scope.length === 0) return Space.ROOT;
    const key = scope.join(',');
    let space = this.#spaces.get(key);
    if (space === undefined) {
      const dimension = scope.at(-1) ?? -1;
      const list = this.#lengths.get(dimension);
      if (list === undefined) throw new Error(`the lists of node ${dimension} are not known yet`);
      const before = this.of(scope.slice(0, -1));
      const { leftGroups, rightGroups } = this.join(list.base, before, list.base.scope);
      const byGroup = new Int32Array(list.base.size);
      leftGroups.forEach((group, position) => {
        byGroup[group] = list.lengths[position] ?? 0;
      });
      space = before.extended(
        dimension,
        rightGroups.map((group) => byGroup[group] ?? 0),
        this.#budget,
      );
      this.#spaces.set(key, space);
    }
    return space;
  }

  /** On `dimensions`, which both scopes have. Throws ExpansionError when too much was matched already. */
  join(left: Space, right: Space, dimensions: readonly number[]): Join {
    if (left === Space.ROOT && right === Space.ROOT) return ROOT_JOIN;
    const byRight = valueAt(this.#joins, left, () => new Map<Space, Map<string, Join>>());
    const byDimensions = valueAt(byRight, right, () => new Map<string, Join>());
    return valueAt(byDimensions, dimensions.join(','), () => {
      this.#budget.match(left.size + right.size);
      return new Join(left, right, dimensions);
    });
  }
}

function valueAt<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
