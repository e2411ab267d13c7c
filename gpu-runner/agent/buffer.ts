/**
 * How many items a runner holds ahead of its devices: about a second of work, so that a device never waits on the
 * network, and no more, since what one runner holds another cannot start (D5). @pure
 */
import { CLAIM_ITEMS_MAX, HELD_LEASES_MAX } from '../../contract/limits.ts';

export const BUFFER_SECONDS = 1;

/** Two full claims: one is worked on while the other is under way. */
export const BUFFER_ITEMS_MAX = CLAIM_ITEMS_MAX * 2;

/** Bytes of assets on their way up beyond which no more work is asked for: the agent must stay small. */
export const UPLOAD_BYTES_WAITING_MAX = 64 * 1024 * 1024;

/** The measured seconds of a session, recent ones counting most; null until one has run. */
export const nextPace = (pace: number | null, seconds: number): number =>
  pace === null ? seconds : pace + (seconds - pace) * 0.2;

/** Items to have unfinished at a time: what the devices work on in their `slots`, and at least one ahead of each. */
export function bufferItems(pace: number | null, slots: number): number {
  const ahead = pace === null ? 1 : Math.ceil(BUFFER_SECONDS / Math.max(pace, BUFFER_SECONDS / BUFFER_ITEMS_MAX));
  return Math.min(BUFFER_ITEMS_MAX, slots * (1 + ahead));
}

/** Work that a device holds itself: enough to bridge the turn of a message, since what it holds is hard to take back. */
const DEVICE_SECONDS = 0.02;

/** Items that a device may hold that runs so many sessions at a time, those included. */
export function deviceItems(pace: number | null, sessions: number): number {
  const ahead = pace === null ? 1 : Math.ceil((sessions * DEVICE_SECONDS) / Math.max(pace, 1e-9));
  return Math.max(sessions, Math.min(CLAIM_ITEMS_MAX, ahead));
}

export interface BufferState {
  /** Sessions that the devices which are ready run at a time. */
  slots: number;
  pace: number | null;
  /** Granted items that a device has not finished. */
  unfinished: number;
  /** Items whose lease has not ended, finished or not. */
  held: number;
  /** The last claim got less than it asked for, and nothing has announced more since. */
  dry: boolean;
  /** Entries go up anyway, so a claim costs no request of its own. */
  posting: boolean;
  /** Among them the last ones of some item. */
  ending: boolean;
  uploadBytes: number;
}

/** How many items to ask for now; 0 means not now. */
export function claimSize(state: BufferState): number {
  if (state.slots === 0 || state.uploadBytes > UPLOAD_BYTES_WAITING_MAX) return 0;
  const target = bufferItems(state.pace, state.slots);
  const room = Math.min(target - state.unfinished, HELD_LEASES_MAX - state.held, CLAIM_ITEMS_MAX);
  if (room <= 0 || (state.dry && !state.ending)) return 0;
  // A request of its own is worth it when the buffer is half empty; sooner would be a request for every item.
  return state.posting || room * 2 >= Math.min(target, CLAIM_ITEMS_MAX) ? room : 0;
}
