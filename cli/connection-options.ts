/** Which service, key and queue a verb talks to, as options and from the environment. */
import { type Command, Option } from 'commander';
import { DEFAULT_QUEUE_ID } from '../contract/known-names.ts';

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
