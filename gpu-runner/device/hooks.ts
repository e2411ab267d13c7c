/**
 * Where others plug into a session: typed callbacks on the session runner, each with one keyword object. What the
 * runner itself does comes first. An error in a hook around a node counts as that node's error; in any other hook it is
 * the processor's, and the queue goes on.
 */

import type { ItemError } from '../../contract/queue/item.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import type { Invocation } from '../../graph/session/step.ts';

/** How a session ended. */
export type Outcome = 'completed' | 'failed' | 'canceled' | 'discarded';

type Hook<Event> = (event: Event) => void | Promise<void>;

export interface SessionHooks {
  before_session: Hook<{ item: Grant }>;
  after_session: Hook<{ item: Grant; outcome: Outcome; seconds: number }>;
  before_node: Hook<{ item: Grant; invocation: Invocation }>;
  /** `cached`: the node did not run, its output is that of another time. */
  after_node: Hook<{ item: Grant; invocation: Invocation; output: object; seconds: number; cached: boolean }>;
  /** Without an invocation, its inputs could not be prepared. */
  node_error: Hook<{
    item: Grant;
    invocation_id: string;
    invocation: Invocation | null;
    error: ItemError;
    seconds: number;
  }>;
  /** Our own failure, not the node's; the item, when there is one, fails as ProcessorError. */
  processor_error: Hook<{ item: Grant | null; error: ItemError }>;
}

export type HookName = keyof SessionHooks;

export class Hooks {
  readonly #hooks: readonly Partial<SessionHooks>[];

  constructor(hooks: readonly Partial<SessionHooks>[] = []) {
    this.#hooks = hooks;
  }

  /** Undefined when nobody listens, so that the common case waits for nothing. */
  call<Name extends HookName>(name: Name, event: Parameters<SessionHooks[Name]>[0]): Promise<void> | undefined {
    const listening = this.#hooks.filter((hooks) => hooks[name] !== undefined);
    return listening.length === 0 ? undefined : callAll(listening, name, event);
  }
}

async function callAll<Name extends HookName>(
  listening: readonly Partial<SessionHooks>[],
  name: Name,
  event: Parameters<SessionHooks[Name]>[0],
): Promise<void> {
  for (const hooks of listening) await (hooks[name] as Hook<typeof event>)(event);
}
