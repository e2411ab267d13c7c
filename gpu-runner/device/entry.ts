/** Callback entries as they go on the wire: written once, by whoever makes them, and only joined afterwards. */
import type { CallbackEntry } from '../../contract/runner/callbacks.ts';
import type { Lease } from '../../contract/runner/claim.ts';

type Unleased<Entry> = Entry extends unknown ? Omit<Entry, keyof Lease> : never;

/** An entry without the lease that every entry quotes. */
export type EntryBody = Unleased<CallbackEntry>;

export const leaseOf = ({ item_id, fence, token }: Lease): Lease => ({ item_id, fence, token });

export const entryJson = (lease: Lease, body: EntryBody): string => JSON.stringify({ ...lease, ...body });
