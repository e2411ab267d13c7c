/** Values that only the service, or a file of this machine, knows. Whoever types does not wait for them long. */
import { readFileSync } from 'node:fs';
import type { Client } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { batchOf } from '../batch/document.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { SETTING_NAMES, settingMeaning } from '../settings.ts';
import type { Candidate, Completion, Source } from './candidates.ts';

/** In which an answer has to come: longer, and a person believes that the terminal hangs. */
const PATIENCE_MS = 1_000;

/** Of items that are looked at, the newest. */
const ITEMS_LOOKED_AT = 200;

interface Service {
  client: Client;
  queue: QueueClient;
  signal: AbortSignal;
}

type Values = (service: Service) => Promise<Candidate[]>;

const candidate = (value: string, description = ''): Candidate => ({ value, description });

const items =
  (fits: (item: ItemSummary) => boolean): Values =>
  async ({ queue, signal }) =>
    (await newest(queue, signal))
      .filter(fits)
      .map(({ item_id, status, destination, batch_id }) =>
        candidate(String(item_id), `${status}, ${destination ?? batch_id}`),
      );

const labels =
  (of: (item: ItemSummary) => string | null): Values =>
  async ({ queue, signal }) => {
    const counts = new Map<string, number>();
    for (const item of await newest(queue, signal)) {
      const label = of(item);
      if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    return [...counts].map(([label, count]) => candidate(label, `${count} of the newest items`));
  };

const newest = async (queue: QueueClient, signal: AbortSignal): Promise<ItemSummary[]> =>
  (await queue.list({ order_dir: 'DESC', limit: ITEMS_LOOKED_AT }, { signal })).items;

const SERVICE_VALUES: Record<Exclude<Source, 'settings' | 'fields'>, Values> = {
  queues: async ({ client, signal }) =>
    (await client.queues.list({ signal })).map(({ queue_id }) => candidate(queue_id)),
  items: items(() => true),
  open_items: items(({ status }) => !isFinal(status)),
  ended_items: items(({ status }) => isFinal(status) && status !== 'completed'),
  batches: labels(({ batch_id }) => batch_id),
  destinations: labels(({ destination }) => destination),
  runners: async ({ queue, signal }) =>
    (await queue.runners({ signal })).map(({ runner_id, name }) => candidate(runner_id, name)),
  keys: async ({ client, signal }) =>
    (await client.keys.list({ signal }))
      .filter(({ revoked_at }) => revoked_at === null)
      .map(({ key_id, name }) => candidate(key_id, name)),
  node_types: async ({ client, signal }) =>
    Object.entries((await client.catalogue.get({ signal })).node_types).map(([type, { title }]) =>
      candidate(type, title),
    ),
  custom_nodes: async ({ client, signal }) => {
    const found: Candidate[] = [];
    for await (const { type, version, status } of client.catalogue.customNodes(undefined, { signal }))
      found.push(candidate(`${type}@${version}`, status));
    return found;
  },
  models: async ({ client, signal }) =>
    (await client.models.list({ signal })).map(({ key, type }) => candidate(key, type)),
};

/** None when there is no service, no right to ask, or no answer in time: whoever types is not told why. */
export async function knownValues(
  source: Source,
  completion: Completion,
  environment: NodeJS.ProcessEnv,
): Promise<Candidate[]> {
  try {
    if (source === 'settings') return SETTING_NAMES.map((name) => candidate(`${name}=`, settingMeaning(name)));
    if (source === 'fields') return fieldsOf(completion.operands[0]);
    const service = { ...connect(connectionOf(completion, environment)), signal: AbortSignal.timeout(PATIENCE_MS) };
    return await SERVICE_VALUES[source](service);
  } catch {
    return [];
  }
}

/** What the line says, else what the environment does. */
function connectionOf({ given }: Completion, environment: NodeJS.ProcessEnv): ConnectionOptions {
  const url = given.get('url') ?? environment.SWITCHYARD_URL;
  const key = given.get('key') ?? environment.SWITCHYARD_KEY;
  const queue = given.get('queue') ?? environment.SWITCHYARD_QUEUE ?? 'default';
  return { ...(url ? { url } : {}), ...(key ? { key } : {}), queue };
}

/** Of the nodes in the file that the line names. */
function fieldsOf(file: string | undefined): Candidate[] {
  if (file === undefined) return [];
  const { nodes } = batchOf(JSON.parse(readFileSync(file, 'utf8'))).batch.graph;
  return Object.entries(nodes as Record<string, Record<string, unknown>>).flatMap(([id, node]) =>
    Object.keys(node)
      .filter((field) => !['id', 'type', 'version', 'is_intermediate', 'use_cache'].includes(field))
      .map((field) => candidate(`${id}.${field}=`, `${String(node.type)}, now ${JSON.stringify(node[field])}`)),
  );
}
