/** The account's database and its keys, as tests need them inside workerd. */

import { applyD1Migrations } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import type { CreateKeyBody } from '../../contract/store/key.ts';
import { accountDb } from '../account/database.ts';
import { createKey } from '../account/keys.ts';
import { createApp } from '../app.ts';
import type { Env } from '../env.ts';

const sources = import.meta.glob('../account/migrations/*.sql', { query: '?raw', import: 'default', eager: true });

/** Applies the migrations that wrangler would; call it in `beforeAll` or after `reset()`. */
export async function migrateAccount(): Promise<void> {
  const migrations = Object.entries(sources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => ({ name: path.split('/').at(-1) ?? path, queries: text.split('--> statement-breakpoint') }));
  await applyD1Migrations(env.DB, migrations);
}

/** A key as the API would make it; admin of user `system` unless said otherwise. */
export async function makeKey(wanted: Partial<CreateKeyBody> = {}): Promise<string> {
  const { key } = await createKey(
    accountDb(env),
    { name: 'test', scopes: ['admin'], user_id: 'system', ...wanted },
    crypto.getRandomValues(new Uint8Array(128)),
    Date.now(),
  );
  return key;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Response>;

interface CallOptions {
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** Calls the Worker with a key (none when null). */
export const caller =
  (key: string | null): Call =>
  (...args) =>
    exports.default.fetch(requestOf(key, ...args));

/** Calls the Worker as a deployment with these settings would run it. */
export function callerOf(settings: Partial<Env>, key: string | null): Call {
  const app = createApp();
  return async (...args) => app.fetch(requestOf(key, ...args), { ...env, ...settings });
}

const requestOf = (key: string | null, ...[method, path, options = {}]: Parameters<Call>): Request =>
  new Request(`https://switchyard.test${path}`, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
    ...(options.body === undefined ? {} : { body: options.body }),
  });
