/** Ties the copies of a node to those that it takes from: who waits for how many, and whom an end reaches. */
import type { Copies } from './copies.ts';
import { BRANCHES } from './hold.ts';
import { inputNamed } from './prepared-graph.ts';
import type { Join, Spaces } from './space.ts';

/** Which copies of `source` each copy takes from: those that agree in all iterations that both run in. */
export function joinWith(spaces: Spaces, source: Copies, copies: Copies): Join {
  const { scope } = copies.space;
  const shared = source.outward.scope.filter((dimension) => scope.includes(dimension));
  const join = spaces.join(source.outward, copies.space, shared);
  copies.joins.set(source.node.index, join);
  return join;
}

export function linkParent(source: Copies, copies: Copies, join: Join): void {
  source.addLink({ child: copies.node.index, join, branch: undefined });
  waitFor(source, copies, join);
}

/** An `if` waits for its condition; its branches only bring what it may choose. */
export function linkIf(source: Copies, copies: Copies, join: Join): void {
  const { index, inputs } = copies.node;
  const takes = (name: string) =>
    inputNamed(inputs, name)?.sources.some(({ node }) => node === source.node.index) ?? false;
  BRANCHES.forEach((name, branch) => {
    if (takes(name)) source.addLink({ child: index, join, branch });
  });
  if (takes('condition')) linkParent(source, copies, join);
}

function waitFor(source: Copies, { space, waiting }: Copies, join: Join): void {
  if (source.elements !== undefined || source.remaining === 0) return;
  for (let position = 0; position < space.size; position++)
    for (const left of join.leftsOf(position))
      if (!source.hasEnded(left)) waiting[position] = (waiting[position] ?? 0) + 1;
}
