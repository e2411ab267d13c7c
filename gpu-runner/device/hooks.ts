/**
 * Where others plug into a session: typed callbacks on the session runner, each with one keyword object. What the
 * runner itself does comes first, then the hooks in the order of the list. An error in a hook around a node counts as
 * that node's error; in any other hook it is the processor's, and the queue goes on.
 */

import type { ItemError } from '../../contract/queue/item.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Invocation } from '../../graph/session/step.ts';

/** How a session ended. */
export type Outcome = 'completed' | 'failed' | 'canceled' | 'discarded';

type Hook<Event> = (event: Event) => void | Promise<void>;

/** `item` is one object from the first hook of a run to its last. */
export interface SessionHooks {
  /** Before anything of the session is opened or read. */
  before_session: Hook<{ item: Grant }>;
  /**
   * Nodes are over, and the last entry is not yet written: whoever measures ends here and writes down what it has, in
   * the order of the list, so that those behind it find it complete. Not called when the processor failed before.
   */
  after_session: Hook<{ item: Grant; outcome: Outcome; seconds: number }>;
  before_node: Hook<{ item: Grant; invocation: Invocation }>;
  /** `cached`: the node did not run, its output is that of another time. */
  after_node: Hook<{
    item: Grant;
    invocation: Invocation;
    output: Readonly<Record<string, unknown>>;
    seconds: number;
    cached: boolean;
  }>;
  /** Without an invocation, its inputs could not be prepared. */
  node_error: Hook<{
    item: Grant;
    invocation_id: string;
    invocation: Invocation | null;
    error: ItemError;
    seconds: number;
  }>;
  /** Our own failure, not the node's; the item, when there is one, fails as ProcessorError unless it has ended. */
  processor_error: Hook<{ item: Grant | null; error: ItemError }>;
  /** The very last of every run that began, whatever it came to: what was gathered for it can be dropped. */
  session_over: Hook<{ item: Grant }>;
}

export type HookName = keyof SessionHooks;

const HOOK_NAMES = [
  ...['before_session', 'after_session', 'before_node', 'after_node'],
  ...['node_error', 'processor_error', 'session_over'],
] as HookName[];

export class Hooks {
  readonly #listening = new Map<HookName, Hook<never>[]>();

  constructor(hooks: readonly Partial<SessionHooks>[] = []) {
    for (const name of HOOK_NAMES) {
      const listening = hooks.flatMap((each) => each[name]?.bind(each) ?? []);
      if (listening.length > 0) this.#listening.set(name, listening);
    }
  }

  /** Undefined when nobody listens, or nobody takes time, so that the common case waits for nothing. */
  call<Name extends HookName>(name: Name, event: Parameters<SessionHooks[Name]>[0]): Promise<void> | undefined {
    const listening = this.#listening.get(name) as Hook<typeof event>[] | undefined;
    for (const [index, hook] of listening?.entries() ?? []) {
      const waiting = hook(event);
      if (waiting) return callRest(waiting, listening?.slice(index + 1) ?? [], event);
    }
    return undefined;
  }
}

async function callRest<Event>(waiting: Promise<void>, rest: Hook<Event>[], event: Event): Promise<void> {
  await waiting;
  for (const hook of rest) await hook(event);
}
