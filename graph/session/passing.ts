/**
 * Where a live value is that control nodes pass on: the copy of the ordinary node that made it. Of a list that is gone
 * through, only the element that is meant, so that a resumed session runs no more than it has to.
 */
import type { Copies } from './copies.ts';
import type { CopyTable } from './copy-table.ts';
import { type Member, membersOf } from './gather.ts';
import { BRANCHES } from './hold.ts';
import { inputNamed, type PreparedSource } from './prepared-graph.ts';

/** A value, or a part of one: what a copy gives in `field`, and in that the element that the indexes lead to. */
export interface Part {
  copies: Copies;
  position: number;
  field: string;
  path: readonly number[];
}

export class Passing {
  readonly #table: CopyTable;
  /** What collectors gathered, element by element. */
  readonly #gathered = new Map<Copies, Map<number, Part[]>>();

  constructor(table: CopyTable) {
    this.#table = table;
  }

  /** The part of an ordinary node's output, or one for each element of a whole list; undefined where no edge brings it. */
  behind(part: Part): Part | Part[] | undefined {
    // A loop, since thousands of control nodes may follow each other.
    let at: Part | undefined = part;
    while (at !== undefined) {
      const { copies, position, field, path }: Part = at;
      const { control, inputs } = copies.node;
      if (control === undefined) return at;
      if (control === 'collect') {
        const parts = this.#partsOf(copies, position);
        if (path.length === 0) return parts;
        at = elementOf(parts, path);
      } else if (control === 'if') {
        const branch = BRANCHES[(copies.choices?.[position] ?? 0) - 1] ?? '';
        at = this.#sourceOf(copies, position, inputNamed(inputs, branch)?.sources[0], path);
      } else {
        const { elements } = copies;
        if (elements === undefined || field !== 'item') return undefined;
        const index = elements.space.index(position, elements.space.scope.length - 1);
        const [source] = inputNamed(inputs, 'collection')?.sources ?? [];
        at = this.#sourceOf(copies, elements.lists[position] ?? -1, source, [index, ...path]);
      }
    }
    return undefined;
  }

  /** Nothing behind a collector is needed any more. */
  forget(collector: Copies): void {
    this.#gathered.delete(collector);
  }

  #sourceOf(
    copies: Copies,
    position: number,
    source: PreparedSource | undefined,
    path: readonly number[],
  ): Part | undefined {
    const from = source && this.#table.of(source.node);
    if (source === undefined || from === undefined) return undefined;
    const at = this.#table.sourceOf(copies, position, source.node);
    return { copies: from, position: at, field: source.field, path };
  }

  #partsOf(collector: Copies, position: number): Part[] {
    const byPosition = this.#gathered.get(collector) ?? new Map<number, Part[]>();
    this.#gathered.set(collector, byPosition);
    const known = byPosition.get(position);
    if (known !== undefined) return known;
    const { lists, items } = membersOf(this.#table, collector, position);
    const parts = [...lists.flatMap((member) => this.#elementsOf(member)), ...items.map(whole)];
    byPosition.set(position, parts);
    return parts;
  }

  /** How long a list is stands in its record. */
  #elementsOf(member: Member): Part[] {
    const list = this.#table.output(member.copies, member.position, member.source.field);
    return Array.isArray(list) ? list.map((_, index) => ({ ...whole(member), path: [index] })) : [whole(member)];
  }
}

/** The part that the first index of `path` means, and in it what the others lead to. */
function elementOf(parts: readonly Part[], [index = 0, ...inner]: readonly number[]): Part | undefined {
  const element = parts[index];
  return element && { ...element, path: [...element.path, ...inner] };
}

const whole = ({ copies, position, source }: Member): Part => ({ copies, position, field: source.field, path: [] });
