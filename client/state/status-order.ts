/** Which status may be heard of after which, however many lie between: derived from the one table. @pure */
import { nextStatus, STATUS_NAMES, type Status, TRANSITION_NAMES } from '../../contract/queue/status.ts';

const FOLLOWERS: ReadonlyMap<Status, ReadonlySet<Status>> = new Map(
  STATUS_NAMES.map((from) => {
    const reached = new Set<Status>();
    const open: Status[] = [from];
    for (let status = open.pop(); status !== undefined; status = open.pop())
      for (const transition of TRANSITION_NAMES) {
        const next = nextStatus(status, transition);
        if (next === null || reached.has(next)) continue;
        reached.add(next);
        open.push(next);
      }
    return [from, reached];
  }),
);

/** Nothing follows a final status, itself included. */
export const mayFollow = (from: Status, to: Status): boolean => FOLLOWERS.get(from)?.has(to) ?? false;
