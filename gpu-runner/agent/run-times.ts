/**
 * Since when devices work on what, and what of it takes longer than it may. A node may block its thread for good, so its
 * device cannot be relied on for this: what it works on is read from its flight recorder, a few times a second. @pure
 */
import type { ItemError } from '../../contract/queue/item.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { FlightRecord } from '../device/flight-recorder.ts';
import type { SeenNode } from './last-words.ts';

export interface Overdue {
  ticket: number;
  what: 'session' | 'node';
  limit_seconds: number;
  /** The node that the session is at; null before its first one. */
  node: SeenNode | null;
}

type Limits = Pick<Grant, 'max_run_seconds' | 'max_node_seconds'>;

interface Seen {
  since: number;
  node: { invocation_id: string; since: number } | null;
}

export class RunTimes {
  readonly #seen = new Map<number, Seen>();

  /** What is worked on now; what is not named any more has ended. */
  look({ running }: FlightRecord, now: number): void {
    const tickets = new Set(running.map(({ ticket }) => ticket));
    for (const ticket of this.#seen.keys()) if (!tickets.has(ticket)) this.#seen.delete(ticket);
    for (const { ticket, invocation_id } of running) {
      const seen = this.#seen.get(ticket) ?? { since: now, node: null };
      if (invocation_id === null) seen.node = null;
      else if (seen.node?.invocation_id !== invocation_id) seen.node = { invocation_id, since: now };
      this.#seen.set(ticket, seen);
    }
  }

  /** Where the session was seen last. */
  nodeOf(ticket: number): SeenNode | null {
    return this.#seen.get(ticket)?.node ?? null;
  }

  /** What is over its limit, a node before its session; and the time of the next that will be, null when none will. */
  judge(limitsOf: (ticket: number) => Limits | null, now: number): { overdue: Overdue[]; next: number | null } {
    const overdue: Overdue[] = [];
    let next: number | null = null;
    for (const [ticket, { since, node }] of this.#seen) {
      const limits = limitsOf(ticket);
      if (!limits) continue;
      const ends = [
        ...(node && limits.max_node_seconds !== null
          ? [{ what: 'node' as const, limit_seconds: limits.max_node_seconds, from: node.since }]
          : []),
        ...(limits.max_run_seconds !== null
          ? [{ what: 'session' as const, limit_seconds: limits.max_run_seconds, from: since }]
          : []),
      ].map((end) => ({ ...end, at: end.from + end.limit_seconds * 1_000 }));
      const over = ends.find(({ at }) => at <= now);
      if (over) overdue.push({ ticket, what: over.what, limit_seconds: over.limit_seconds, node });
      else for (const { at } of ends) next = Math.min(next ?? at, at);
    }
    return { overdue, next };
  }
}

export function overdueError({ what, limit_seconds, node }: Overdue): ItemError {
  const limit = `the ${limit_seconds} ${limit_seconds === 1 ? 'second' : 'seconds'} that it may`;
  const error_message =
    what === 'node'
      ? `The node "${node?.invocation_id}" ran longer than ${limit} (max_node_seconds).`
      : `The session ran longer than ${limit} (max_run_seconds)${node ? `; it was at the node "${node.invocation_id}"` : ''}.`;
  return { error_type: 'TimeoutError', error_message };
}
