/** The small grammar of names that cross a wire: ids, digests, times. */
import { z } from 'zod';
import { LABEL_LENGTH_MAX, NAME_LENGTH_MAX } from './limits.ts';
import { NAME_PATTERN } from './name-pattern.ts';

const name = (what: string) =>
  z
    .string()
    .min(1, `${what} is empty`)
    .max(NAME_LENGTH_MAX, `${what} is longer than ${NAME_LENGTH_MAX} characters`)
    .regex(NAME_PATTERN, `${what} may hold letters, digits, "_", "-", "." and ":" only`);

export const QueueId = name('a queue id');
export const NodeId = name('a node id');
export const BatchId = name('a batch id');
export const ModelKey = name('a model key');
export const RunnerId = name('a runner id');
export const UserId = name('a user id');

/** Names a source node's copy: the node id, and `#` with its iteration path when it has one: `blur#0,2`. */
export const InvocationId = z
  .string()
  .regex(
    /^[A-Za-z0-9_.:-]{1,128}(#\d+(,\d+)*)?$/,
    'an invocation id is a node id, and "#" with an iteration path when it has one',
  );

/** An integer, per queue, from 1, never reused. */
export const ItemId = z.int().min(1);

/** Lower-case hexadecimal SHA-256 of the bytes it names. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 is 64 lower-case hexadecimal digits');

/** UTC with milliseconds: `2026-11-21T05:24:43.120Z`. */
export const Timestamp = z.iso.datetime({ precision: 3 });

/** Free text that says where work comes from or goes to. */
export const Label = z.string().max(LABEL_LENGTH_MAX);

/** Milliseconds since 1970 as the one time format of the wire. */
export const timestamp = (ms: number): string => new Date(ms).toISOString();
