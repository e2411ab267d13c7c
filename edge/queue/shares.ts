/** How many leases an idle runner takes from each of those that hold some. @pure */

export interface Holder {
  runner_no: number;
  devices: number;
  /** Leases that it holds, started or not. */
  held: number;
  /** Those of them that may be taken. */
  takeable: number;
}

/**
 * Up to `wanted`, one after the other from whoever holds most: so nobody is left with less than one for each of its
 * devices, nor with less than the taker, who held `held`, then has.
 */
export function shares(holders: readonly Holder[], held: number, wanted: number): Map<number, number> {
  const taken = new Map<number, number>();
  const left = (holder: Holder) => holder.held - (taken.get(holder.runner_no) ?? 0);
  for (let count = 0; count < wanted; count++) {
    const givers = holders.filter(
      (holder) =>
        (taken.get(holder.runner_no) ?? 0) < holder.takeable &&
        left(holder) > holder.devices &&
        left(holder) >= held + count + 2,
    );
    const most = givers.reduce<Holder | null>((best, each) => (best && left(best) >= left(each) ? best : each), null);
    if (!most) break;
    taken.set(most.runner_no, (taken.get(most.runner_no) ?? 0) + 1);
  }
  return taken;
}
