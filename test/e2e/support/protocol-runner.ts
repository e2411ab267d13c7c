/** A runner that only speaks the protocol: it claims, says that sessions started, and is never heard of again. */
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

  async start(grants: readonly Grant[]): Promise<void> {
    const entries: CallbackEntry[] = grants.map(({ item_id, fence, token }) => ({
      ...{ item_id, fence, token },
      kind: 'session_started',
      device: 'cpu',
    }));
    const { answers } = (await this.#post('callbacks', { ...this.#identity, entries })) as CallbacksResult;
    if (answers.some(({ answer }) => answer !== 'recorded'))
      throw new Error(`not recorded: ${JSON.stringify(answers)}`);
  }
}
