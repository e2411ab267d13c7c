/** Keys: made, listed, rotated and revoked by admins; and what the caller's own is good for. */
import type { z } from 'zod';
import type { CreateKeyBody, CreateKeyResult, CurrentKey, KeyView, RotateKeyBody } from '../contract/store/key.ts';
import type { Options, Transport } from './transport.ts';

export class KeyClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The key itself stands in the answer and is never shown again. */
  create(body: z.input<typeof CreateKeyBody>, options: Options = {}): Promise<CreateKeyResult> {
    return this.#transport.json('POST', '/api/v1/keys', { json: body, creates: true, ...options });
  }

  /** Oldest first, revoked ones too. */
  list(options: Options = {}): Promise<KeyView[]> {
    return this.#transport.json('GET', '/api/v1/keys', options);
  }

  /** What the key of this client is good for: its user, scopes and queues. */
  current(options: Options = {}): Promise<CurrentKey> {
    return this.#transport.json('GET', '/api/v1/keys/current', options);
  }

  /** A key that is what this one is; this one ends after the grace. */
  rotate(keyId: string, body: RotateKeyBody, options: Options = {}): Promise<CreateKeyResult> {
    const path = `/api/v1/keys/${encodeURIComponent(keyId)}/rotate`;
    return this.#transport.json('POST', path, { json: body, creates: true, ...options });
  }

  /** Its sockets close too. One that is revoked stays as it is. */
  revoke(keyId: string, options: Options = {}): Promise<KeyView> {
    return this.#transport.json('DELETE', `/api/v1/keys/${encodeURIComponent(keyId)}`, options);
  }
}
