/**
 * Holds back what only a branch of an `if` needs, copy by copy: a held copy is released when one of the copies of the
 * `if` that agree with it has chosen the branch, and skipped when all of them have chosen the other or were skipped.
 */
import { type Copies, type HeldGroups, SKIPPED } from './copies.ts';
import { BRANCHES } from './hold.ts';
import type { Join } from './space.ts';

/** What becomes of a copy that was held back. */
export interface Verdicts {
  release(copies: Copies, position: number): void;
  skip(copies: Copies, position: number): void;
}

/** Both the `if` and a node that it holds back are prepared, just now: puts the copies into groups, and decides what is decided already. */
export function holdBack(copies: Copies, owner: Copies, join: Join, verdicts: Verdicts): void {
  const { hold } = copies.node;
  if (hold === undefined) return;
  const groups = owner.holding.get(join) ?? groupsOf(owner, join);
  owner.holding.set(join, groups);
  groups.held[hold.branch]?.push(copies);
  join.leftGroups.forEach((group, position) => {
    if (groups.chosen[hold.branch]?.[group]) verdicts.release(copies, position);
    else if (groups.undecided[group] === 0) verdicts.skip(copies, position);
  });
}

function groupsOf(owner: Copies, join: Join): HeldGroups {
  const undecided = new Int32Array(join.groupCount);
  const chosen = BRANCHES.map(() => new Uint8Array(join.groupCount));
  join.rightGroups.forEach((group, position) => {
    if (group < 0) return;
    // A choice that has been made and not been told is told to these nodes too.
    if (!owner.told?.[position]) undecided[group] = (undecided[group] ?? 0) + 1;
    else if (owner.states[position] !== SKIPPED) {
      const ofBranch = chosen[(owner.choices?.[position] ?? 0) - 1];
      if (ofBranch !== undefined) ofBranch[group] = 1;
    }
  });
  return { join, undecided, chosen, held: BRANCHES.map(() => []) };
}

/**
 * One more copy of the `if` has chosen; no branch when it was skipped. What that decides is told in the order of nodes.
 * Costs what it decides, and one step for each way to agree: most choices of a long list decide nothing more.
 */
export function decide(owner: Copies, position: number, branch: number | undefined, verdicts: Verdicts): void {
  const told: { copies: Copies; lefts: Int32Array; verdict: keyof Verdicts }[] = [];
  for (const { join, undecided, chosen, held } of owner.holding.values()) {
    const group = join.rightGroups[position] ?? -1;
    if (group < 0) continue;
    undecided[group] = (undecided[group] ?? 0) - 1;
    chosen.forEach((ofBranch, each) => {
      const isChosen = each === branch;
      if (ofBranch[group] || !(isChosen || undecided[group] === 0)) return;
      if (isChosen) ofBranch[group] = 1;
      const lefts = join.leftsIn(group);
      for (const copies of held[each] ?? []) told.push({ copies, lefts, verdict: isChosen ? 'release' : 'skip' });
    });
  }
  told.sort((a, b) => a.copies.node.index - b.copies.node.index);
  for (const { copies, lefts, verdict } of told) for (const left of lefts) verdicts[verdict](copies, left);
}
