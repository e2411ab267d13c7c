/** The copies of every node that is prepared, and what they give, as it is recorded. */
import type { NodeOutput } from '../../contract/graph/graph.ts';
import { own } from '../own.ts';
import type { Copies } from './copies.ts';
import { inputNamed, type PreparedInput, type PreparedNode } from './prepared-graph.ts';
import { listElement, listLength } from './stored-value.ts';

/** A value that the graph or the batch gives to an input. */
export type LiteralOf = (node: PreparedNode, input: PreparedInput) => unknown;

export class CopyTable {
  readonly #copies: (Copies | undefined)[];
  readonly #literal: LiteralOf;

  constructor(nodeCount: number, literal: LiteralOf) {
    this.#copies = new Array(nodeCount);
    this.#literal = literal;
  }

  add(copies: Copies): void {
    this.#copies[copies.node.index] = copies;
  }

  /** Undefined while the node is not prepared. */
  of(node: number): Copies | undefined {
    return this.#copies[node];
  }

  id({ node, outward }: Copies, position: number): string {
    return node.id + (outward.suffixes[position] ?? '');
  }

  /** The copy of `parent` that a copy takes from; -1 when it has none. */
  sourceOf(copies: Copies, position: number, parent: number): number {
    return copies.joins.get(parent)?.leftOf(position) ?? -1;
  }

  /** What a copy gives in `field`; undefined when it gave nothing. */
  output(copies: Copies, position: number, field: string): unknown {
    const { node, values, elements } = copies;
    if (node.control === undefined) {
      const output = values[position] as NodeOutput | undefined;
      return output && own(output, field);
    }
    if (elements === undefined) return values[position];
    const list = values[elements.lists[position] ?? -1];
    const index = elements.space.index(position, elements.space.scope.length - 1);
    return field === 'item' ? listElement(list, index) : field === 'index' ? index : listLength(list);
  }

  /** What an input of a control node brings. */
  input(copies: Copies, position: number, name: string): unknown {
    const input = inputNamed(copies.node.inputs, name);
    const source = input?.sources[0];
    if (input === undefined || source === undefined) return input && this.#literal(copies.node, input);
    const from = this.#copies[source.node];
    return from && this.output(from, this.sourceOf(copies, position, source.node), source.field);
  }
}
