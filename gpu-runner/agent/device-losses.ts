/**
 * A device child died, or was ended: what it worked on goes back or fails, what had not started waits for the next
 * process. With several sessions in it nobody knows who did it: each is a suspect, goes back uncharged, and has a device
 * for itself the next time that it comes here; only who dies alone is charged (D9).
 */
import type { FlightRecord } from '../device/flight-recorder.ts';
import type { Clock } from './clock.ts';
import { type Blame, type LossCause, lastEntries } from './crash.ts';
import { CrashCounts } from './crash-counts.ts';
import type { Held } from './holdings.ts';
import type { Items } from './items.ts';
import type { SeenNode } from './last-words.ts';
import type { Log } from './log.ts';

export interface DeviceLossesParts {
  items: Items;
  clock: Clock;
  log: Log;
}

interface Loss {
  device: string;
  cause: LossCause;
  /** Tickets that were worked on, each with its node. */
  record: ReadonlyMap<number, SeenNode | null>;
}

export class DeviceLosses {
  readonly #parts: DeviceLossesParts;
  readonly #crashes = new CrashCounts();

  constructor(parts: DeviceLossesParts) {
    this.#parts = parts;
  }

  isSuspect({ item_id }: Pick<Held, 'item_id'>): boolean {
    return this.#crashes.isSuspect(item_id);
  }

  /** The item ended by itself: it kills nobody. */
  forget(item_id: number): void {
    this.#crashes.forget(item_id);
  }

  lost(device: number, { running }: FlightRecord, cause: LossCause): void {
    const { items } = this.#parts;
    const held = items.holdings.onDevice(device);
    const record = new Map(running.map(({ ticket, invocation_id }) => [ticket, nodeOf(invocation_id)]));
    const loss = { device: items.feeder.nameOf(device), cause, record };
    items.feeder.lost(device);
    const recorded = held.filter(({ ticket }) => record.has(ticket));
    // A process that died while it wrote leaves no record: then it was one of those that had said that they run.
    const worked = new Set(recorded.length > 0 ? recorded : held.filter(({ work }) => work === 'running'));
    const waiting: Held[] = [];
    for (const each of held) {
      // The last entries of one that had ended there died with the process: it ran well, and only runs again.
      if (worked.has(each)) this.#ended(each, loss, this.#blame(each, cause, worked.size));
      else if (each.work === 'running') this.#ended(each, loss, { blame: 'innocent' });
      else if (each.canceled || each.lease !== 'held') items.end(each, { kind: 'session_stopped' });
      else if (items.holdings.work(each, 'unfeed')) waiting.push(each);
    }
    items.feeder.putBack(waiting);
  }

  #blame({ item_id, results, canceled, lease }: Held, { deliberate }: LossCause, among: number): Blame {
    if (deliberate || canceled || lease !== 'held') return { blame: 'innocent' };
    if (among === 1) return { blame: 'guilty', crashes: this.#crashes.charge(item_id, results).crashes };
    this.#crashes.suspect(item_id);
    return { blame: 'suspect', among };
  }

  #ended(held: Held, { device, cause, record }: Loss, blame: Blame): void {
    const { items, clock, log } = this.#parts;
    const node = record.get(held.ticket) ?? null;
    if (!cause.deliberate)
      log.warn(
        { item_id: held.item_id, ...(node ? { invocation_id: node.invocation_id } : {}), ...blame },
        `its device died: ${cause.reason}`,
      );
    items.note(held, 'warn', lossLine(cause, blame), node?.invocation_id);
    items.end(held, ...lastEntries(held, cause, blame, { node, device, now: clock.now() }));
  }
}

/** For whoever reads the session's log. */
function lossLine({ deliberate, reason, advice }: LossCause, blame: Blame): string {
  const who = deliberate ? 'The runner ended the device process' : 'The device process ended';
  const others = blame.blame === 'suspect' ? `, with ${blame.among} sessions in it` : '';
  return `${who}: ${reason}${others}.${advice === undefined ? '' : ` ${advice}`}`;
}

/** Since when it ran is not known any more. */
const nodeOf = (invocation_id: string | null): SeenNode | null =>
  invocation_id === null ? null : { invocation_id, since: null };
