/**
 * The order of claims among what may be claimed (D7): whose turn it is, and which of their items. @pure
 *
 * What takes turns is a party: a user, or everybody together in a queue that is first in, first out. A party has the
 * heads of its backlogs; a head that is taken is followed by the next item of its backlog. Every choice depends on
 * heads and services alone, so taking k items at once is taking one item k times.
 */

/** How far behind the item whose turn it is one may stand that runs before it because its models are loaded. */
export const AFFINITY_REACH = 32;

export interface Standing {
  item_id: number;
  priority: number;
  place: number;
}

/** The first item of a backlog. */
export interface Head extends Standing {
  /** How many of the models that it needs are loaded where it would run. */
  resident: number;
  /** Device seconds that its user is charged when it is taken; more than 0. */
  cost: number;
}

export interface Party<H extends Head> {
  /** Device seconds that it received. */
  service: number;
  /** In no order. A party without heads has no turn. */
  heads: H[];
}

export interface Choice<H extends Head> {
  head: H;
  /** What the party had received before. */
  service: number;
}

/** Higher priority, then place. */
export const compareStandings = (a: Standing, b: Standing): number => b.priority - a.priority || comparePlaces(a, b);

/** The lower place goes first; equal places, which moves may make, by age. */
export const comparePlaces = (a: Pick<Standing, 'item_id' | 'place'>, b: Pick<Standing, 'item_id' | 'place'>): number =>
  a.place - b.place || a.item_id - b.item_id;

/**
 * Takes `count` items, or all that there are. `after` gives what follows a head in its backlog; null when nothing does.
 * It is asked only where another choice depends on it, and the parties are used up.
 */
export function take<H extends Head>(
  parties: readonly Party<H>[],
  count: number,
  after: (head: H) => H | null,
): Choice<H>[] {
  const turns = parties.flatMap((party) => turnOf(party) ?? []).sort(compareTurns);
  const taken: Choice<H>[] = [];
  while (taken.length < count) {
    const turn = turns.shift();
    if (!turn) break;
    const { party } = turn;
    const head = preferred(party.heads, turn.first);
    taken.push({ head, service: party.service });
    if (taken.length === count) break;
    party.service += head.cost;
    const next = after(head);
    const at = party.heads.indexOf(head);
    if (next) party.heads[at] = next;
    else party.heads.splice(at, 1);
    const again = turnOf(party);
    if (again) turns.splice(positionOf(again, turns), 0, again);
  }
  return taken;
}

/** A party and its first item. */
interface PartyTurn<H extends Head> {
  party: Party<H>;
  first: H;
}

function turnOf<H extends Head>(party: Party<H>): PartyTurn<H> | null {
  const [head, ...others] = party.heads;
  if (!head) return null;
  return { party, first: others.reduce((first, other) => (compareStandings(other, first) < 0 ? other : first), head) };
}

/** Who received least is next; among equals, whose first item has the lower place. */
const compareTurns = (a: PartyTurn<Head>, b: PartyTurn<Head>): number =>
  a.party.service - b.party.service || comparePlaces(a.first, b.first);

/** Where a turn stands in a list of turns that is in order. */
function positionOf<H extends Head>(turn: PartyTurn<H>, turns: readonly PartyTurn<H>[]): number {
  let [low, high] = [0, turns.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = turns[middle];
    if (other && compareTurns(other, turn) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Within reach of the first item, one that needs more loaded models runs before it. It is of the same priority, so only
 * items of its own party wait for it, and each for so many at most.
 */
function preferred<H extends Head>(heads: readonly H[], first: H): H {
  return heads.reduce((best, head) => {
    const isNear = head.priority === first.priority && head.place <= first.place + AFFINITY_REACH;
    if (!isNear) return best;
    return head.resident > best.resident || (head.resident === best.resident && comparePlaces(head, best) < 0)
      ? head
      : best;
  }, first);
}

/**
 * How many turns a party has before its service reaches `service`, when each of them costs the same; and whether it is
 * exactly there then, so that places decide about one turn more.
 */
export function turnsBefore(service: number, start: number, cost: number): { before: number; ties: boolean } {
  if (start > service) return { before: 0, ties: false };
  const near = Math.floor((service - start) / cost);
  const at = start + near * cost;
  if (at === service) return { before: near, ties: true };
  return { before: at < service ? near + 1 : near, ties: false };
}
