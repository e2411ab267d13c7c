/**
 * Holds back what only a branch of an `if` needs, copy by copy: a held copy is released when one of the copies of the
 * `if` that agree with it has chosen the branch, and skipped when all of them have chosen the other or were skipped.
 */
import { type Copies, SKIPPED } from './copies.ts';
import type { Join } from './space.ts';

/** What becomes of a copy that was held back. */
export interface Verdicts {
  release(copies: Copies, position: number): void;
  skip(copies: Copies, position: number): void;
}

/** Both the `if` and a node that it holds back are prepared: groups the copies, and decides what is decided already. */
export function holdBack(copies: Copies, owner: Copies, join: Join, verdicts: Verdicts): void {
  const { hold } = copies.node;
  if (hold === undefined || copies.held !== undefined) return;
  const undecided = new Int32Array(join.groupCount);
  const chosen = new Uint8Array(join.groupCount);
  copies.held = { join, undecided, chosen };
  join.rightGroups.forEach((group, position) => {
    if (group < 0) return;
    // A choice that has been made and not been told is told to this node too.
    if (!owner.told?.[position]) undecided[group] = (undecided[group] ?? 0) + 1;
    else if (owner.states[position] !== SKIPPED && owner.choices?.[position] === hold.branch + 1) chosen[group] = 1;
  });
  join.leftGroups.forEach((group, position) => {
    if (chosen[group]) verdicts.release(copies, position);
    else if (undecided[group] === 0) verdicts.skip(copies, position);
  });
}

/** One more copy of the `if` has chosen; no branch when it was skipped. */
export function decide(copies: Copies, ownerPosition: number, branch: number | undefined, verdicts: Verdicts): void {
  if (copies.held === undefined) return;
  const { undecided, chosen, join } = copies.held;
  const group = join.rightGroups[ownerPosition] ?? -1;
  if (group < 0) return;
  undecided[group] = (undecided[group] ?? 0) - 1;
  if (chosen[group]) return;
  if (copies.node.hold?.branch === branch) {
    chosen[group] = 1;
    for (const left of join.leftsIn(group)) verdicts.release(copies, left);
  } else if (undecided[group] === 0) for (const left of join.leftsIn(group)) verdicts.skip(copies, left);
}
