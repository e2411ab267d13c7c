/** A runner that only speaks the protocol: it claims, reports what it is told to, and is never heard of again. */
import type { NodeOutput } from '../../../contract/graph/graph.ts';
import type { CallbackEntry, CallbacksResult } from '../../../contract/runner/callbacks.ts';
import type { ClaimResult, Grant } from '../../../contract/runner/claim.ts';
import type { RegisterResult } from '../../../contract/runner/register.ts';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../../contract/version.ts';

export class ProtocolRunner {
  readonly #post: (route: string, body: unknown) => Promise<unknown>;
  #identity = { runner_id: 'protocol-runner', epoch: 0 };

  constructor({ url, key, queue }: { url: string; key: string; queue: string }) {
    this.#post = async (route, body) => {
      const response = await fetch(`${url}/api/v1/queue/${queue}/runner/${route}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
      return response.json();
    };
  }

  async register(types: Record<string, string>): Promise<void> {
    const { runner_id } = this.#identity;
    const result = (await this.#post('register', {
      protocol: PROTOCOL_VERSION,
      runner_id,
      name: runner_id,
      engine: ENGINE_VERSION,
      types,
      devices: [{ id: 'cpu' }],
    })) as RegisterResult;
    this.#identity = { runner_id, epoch: result.epoch };
  }

  async claim(max_items: number): Promise<Grant[]> {
    const result = (await this.#post('claim', { ...this.#identity, claim: 1, max_items })) as ClaimResult;
    return result.grants;
  }

  start(grants: readonly Grant[]): Promise<void> {
    return this.report(grants.flatMap((grant) => entry(grant, { kind: 'session_started', device: 'cpu' })));
  }

  release(grant: Grant): Promise<void> {
    return this.report([entry(grant, { kind: 'session_released', reason: 'it has to go' })]);
  }

  /** Throws unless the queue takes each of them. */
  async report(entries: readonly CallbackEntry[]): Promise<void> {
    const { answers } = (await this.#post('callbacks', { ...this.#identity, entries })) as CallbacksResult;
    if (answers.some(({ answer }) => answer !== 'recorded'))
      throw new Error(`not recorded: ${JSON.stringify(answers)}`);
  }
}

type Body<Entry = CallbackEntry> = Entry extends CallbackEntry ? Omit<Entry, 'item_id' | 'fence' | 'token'> : never;

export const entry = ({ item_id, fence, token }: Grant, body: Body): CallbackEntry =>
  ({ item_id, fence, token, ...body }) as CallbackEntry;

/** An invocation that took no time. */
export function result(grant: Grant, invocation_id: string, output: NodeOutput): CallbackEntry {
  const at = new Date().toISOString();
  const times = { started_at: at, completed_at: at, seconds: 0 };
  return entry(grant, { kind: 'invocation_complete', invocation_id, ...times, result: output, cached: false });
}
