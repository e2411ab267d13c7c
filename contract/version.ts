/**
 * The numbers that two sides compare before they talk.
 *
 * `PROTOCOL_VERSION` is the runner protocol's: it travels in `register` and in the sockets' hello, and a
 * mismatch is refused with 426. `ENGINE_VERSION` is the meaning of a graph (D1): a batch is pinned to the
 * number at enqueue, and only runners of the same engine are granted its items. Raise it when the same graph
 * and results would replay to other ids, another order or another set of ready invocations.
 */
export const PROTOCOL_VERSION = 1;
export const ENGINE_VERSION = 1;
