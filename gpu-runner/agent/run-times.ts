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

/** What counts between two looks at most: a clock that jumps, or a machine that slept, ends nobody's session. */
const PASSED_MS_MAX = 2_000;

interface Seen {
  since: number;
  /** Milliseconds that count. */
  ran: number;
  node: { invocation_id: string; since: number; ran: number } | null;
}

export class RunTimes {
  readonly #seen = new Map<number, Seen>();
  #lookedAt = 0;
  #sequence = 0;

  /**
   * What is worked on now; what is not named any more has ended. Sessions of a device share its thread: while one of
   * them keeps it, the time of the others does not count, or they would fail for a neighbour that hangs.
   */
  look({ running, current, sequence }: FlightRecord, now: number): void {
    const passed = Math.min(Math.max(0, now - this.#lookedAt), PASSED_MS_MAX);
    const changedHands = sequence !== this.#sequence;
    this.#lookedAt = now;
    this.#sequence = sequence;
    const tickets = new Set(running.map(({ ticket }) => ticket));
    for (const ticket of this.#seen.keys()) if (!tickets.has(ticket)) this.#seen.delete(ticket);
    for (const { ticket, invocation_id } of running) {
      const before = this.#seen.get(ticket);
      const counted = before && (changedHands || current === ticket) ? passed : 0;
      const seen = before ?? { since: now, ran: 0, node: null };
      seen.ran += counted;
      if (invocation_id === null) seen.node = null;
      else if (seen.node?.invocation_id === invocation_id) seen.node.ran += counted;
      else seen.node = { invocation_id, since: now, ran: 0 };
      this.#seen.set(ticket, seen);
    }
  }

  /**
   * What was over its limit at the last look, a node before its session; and the time at which the next will be, if its
   * time counts until then; null when there is none.
   */
  judge(limitsOf: (ticket: number) => Limits | null): { overdue: Overdue[]; next: number | null } {
    const overdue: Overdue[] = [];
    let next: number | null = null;
    for (const [ticket, seen] of this.#seen) {
      const limits = limitsOf(ticket);
      const ends = limits ? endsOf(seen, limits) : [];
      const over = ends.find(({ ran, limit_seconds }) => ran >= limit_seconds * 1_000);
      if (over) {
        const { what, limit_seconds } = over;
        const node = seen.node && { invocation_id: seen.node.invocation_id, since: seen.node.since };
        overdue.push({ ticket, what, limit_seconds, node });
        continue;
      }
      for (const { ran, limit_seconds } of ends) {
        const at = this.#lookedAt + limit_seconds * 1_000 - ran;
        next = Math.min(next ?? at, at);
      }
    }
    return { overdue, next };
  }
}

type End = Pick<Overdue, 'what' | 'limit_seconds'> & { ran: number };

function endsOf({ ran, node }: Seen, { max_node_seconds, max_run_seconds }: Limits): End[] {
  const ends: End[] = [];
  if (node && max_node_seconds !== null) ends.push({ what: 'node', limit_seconds: max_node_seconds, ran: node.ran });
  if (max_run_seconds !== null) ends.push({ what: 'session', limit_seconds: max_run_seconds, ran });
  return ends;
}

export function overdueError({ what, limit_seconds, node }: Overdue): ItemError {
  const limit = `the ${limit_seconds} ${limit_seconds === 1 ? 'second' : 'seconds'} that it may`;
  const error_message =
    what === 'node'
      ? `The node "${node?.invocation_id}" ran longer than ${limit} (max_node_seconds).`
      : `The session ran longer than ${limit} (max_run_seconds)${node ? `; it was at the node "${node.invocation_id}"` : ''}.`;
  return { error_type: 'TimeoutError', error_message };
}
