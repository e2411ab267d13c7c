/** The client of a verb: for the service that its options name, or the local system of this folder. */
import { type Client, createClient } from '../client/client.ts';
import type { QueueClient } from '../client/queue.ts';
import { StateFolder } from '../infra/local/state-folder.ts';
import { type ConnectionOptions, DEFAULT_STATE } from './connection-options.ts';
import { UsageError } from './exit-code.ts';

export function connect({ url, key, queue }: ConnectionOptions): { client: Client; queue: QueueClient } {
  const client = createClient(
    url === undefined ? { ...localSystem(), ...(key ? { key } : {}) } : { url: checked(url), key: needed(key) },
  );
  return { client, queue: client.queue(queue) };
}

function checked(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new UsageError(`"${url}" is no address of a service; one is like http://127.0.0.1:8787.`);
}

function needed(key: string | undefined): string {
  if (key) return key;
  throw new UsageError('A key is needed: --key KEY, or SWITCHYARD_KEY in the environment.');
}

function localSystem(): { url: string; key: string } {
  const state = StateFolder.find(DEFAULT_STATE);
  const [url, keys] = [state?.readAddress(), state?.readKeys()];
  if (url && keys) return { url, key: keys.key };
  throw new UsageError(
    `No --url was given, and ${DEFAULT_STATE}/ holds no local system. Start one with \`switchyard up\`, or name a service.`,
  );
}
