/** Which service, key and queue a verb talks to: its options, the environment, or the local system of this folder. */
import { type Command, Option } from 'commander';
import { type Client, createClient } from '../client/client.ts';
import type { QueueClient } from '../client/queue.ts';
import { DEFAULT_QUEUE_ID } from '../contract/names.ts';
import { StateFolder } from '../infra/local/state-folder.ts';
import { UsageError } from './exit-code.ts';

export interface ConnectionOptions {
  url?: string;
  key?: string;
  queue: string;
}

export const DEFAULT_STATE = '.switchyard';

export const addConnectionOptions = (command: Command): Command =>
  command
    .addOption(new Option('--url <url>', 'the service; default: the local system of this folder').env('SWITCHYARD_URL'))
    .addOption(new Option('--key <key>', 'an API key').env('SWITCHYARD_KEY'))
    .addOption(new Option('--queue <queue>', 'the queue').env('SWITCHYARD_QUEUE').default(DEFAULT_QUEUE_ID));

export function connect({ url, key, queue }: ConnectionOptions): { client: Client; queue: QueueClient } {
  const client = createClient(
    url === undefined ? { ...localSystem(), ...(key ? { key } : {}) } : { url: checked(url), key: needed(key) },
  );
  return { client, queue: client.queue(queue) };
}

function checked(url: string): string {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
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
