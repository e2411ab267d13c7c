/** `get`: one item, whole or one side of it. */
import { mkdirSync } from 'node:fs';
import type { Client } from '../../client/client.ts';
import { ForbiddenError } from '../../client/problems.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { InvocationRecord, ItemSummary } from '../../contract/queue/item.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { assetsOf, outputStem, writeAsset } from '../batch/output-files.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT, MissingError } from '../exit-code.ts';
import { type ItemParts, itemPicture } from '../output/item-picture.ts';
import { logLines, nodeLines, outputLines, statsLines } from '../output/item-sides.ts';
import { openTerminal, printJson, type Terminal } from '../terminal.ts';

export interface GetOptions extends ConnectionOptions {
  /** Seconds; true: as long as it takes. */
  wait?: number | true;
  out?: string;
  session?: boolean;
  outputs?: boolean;
  nodes?: boolean;
  logs?: boolean;
  stats?: boolean;
  json?: boolean;
}

/** Of the nodes of a session, in the picture; `--nodes` shows all. */
const NODES_SHOWN = 20;

export async function get(item_id: number, options: GetOptions): Promise<number> {
  const { client, queue } = connect(options);
  const ended = options.wait === undefined || (await waited(queue, item_id, options.wait));
  const item = await summaryOf(queue, item_id);
  const files = options.out === undefined ? null : await writeOutputs(client, queue, item_id, options.out);
  const terminal = openTerminal({});
  const side = await sideOf(queue, item_id, options, terminal);
  if (side !== null) {
    if (options.json) printJson(files === null ? side.value : { ...(side.value as object), files });
    else for (const line of side.lines) terminal.line(line);
  } else {
    const parts = await partsOf(queue, item, options.json ? Number.POSITIVE_INFINITY : NODES_SHOWN);
    if (options.json) {
      const { nodes: invocations, outputs, stats } = parts;
      printJson({ ...item, outputs, invocations, stats, ...(files === null ? {} : { files }) });
    } else for (const line of itemPicture(parts, NODES_SHOWN, terminal, Date.now())) terminal.line(line);
  }
  if (!options.json) for (const file of files ?? []) terminal.line(`wrote ${file}`);
  if (!ended) return EXIT.not_ended;
  return options.wait !== undefined && item.status !== 'completed' ? EXIT.failed : EXIT.ok;
}

/** Whether it has ended, after so many seconds at most. */
async function waited(queue: QueueClient, item_id: number, seconds: number | true): Promise<boolean> {
  const timeout = new AbortController();
  const timer = seconds === true ? undefined : setTimeout(() => timeout.abort(), seconds * 1_000);
  try {
    await queue.wait(item_id, { signal: timeout.signal });
    return true;
  } catch (error) {
    if (!timeout.signal.aborted) throw error;
    return isFinal((await summaryOf(queue, item_id)).status);
  } finally {
    clearTimeout(timer);
  }
}

async function summaryOf(queue: QueueClient, item_id: number): Promise<ItemSummary> {
  for await (const item of queue.summariesByIds([item_id])) return item;
  throw new MissingError(
    `There is no item ${item_id} in queue ${queue.queue_id}. \`switchyard list\` shows what there is.`,
  );
}

async function partsOf(queue: QueueClient, item: ItemSummary, most: number): Promise<ItemParts> {
  const { item_id } = item;
  try {
    const nodes: InvocationRecord[] = [];
    for await (const node of queue.invocations(item_id)) if (nodes.push(node) > most) break;
    const [{ outputs }, stats] = await Promise.all([queue.outputs(item_id), queue.stats(item_id)]);
    return { item, nodes, outputs, stats };
  } catch (error) {
    // Of others' items everybody sees that they are there, and no more.
    if (error instanceof ForbiddenError) return { item, nodes: [], outputs: [], stats: null };
    throw error;
  }
}

/** The one side of the item that an option asks for: for programs, and for people. */
async function sideOf(
  queue: QueueClient,
  item_id: number,
  options: GetOptions,
  terminal: Terminal,
): Promise<{ value: unknown; lines: string[] } | null> {
  if (options.session) {
    const { session } = await queue.item(item_id);
    return { value: session, lines: [JSON.stringify(session, null, 2)] };
  }
  if (options.outputs) {
    const value = await queue.outputs(item_id);
    return { value, lines: outputLines(value.outputs, terminal) };
  }
  if (options.nodes) {
    const nodes: InvocationRecord[] = [];
    for await (const node of queue.invocations(item_id)) nodes.push(node);
    return { value: { item_id, invocations: nodes }, lines: nodeLines(nodes, terminal) };
  }
  if (options.logs) {
    const value = await queue.logs(item_id);
    return { value, lines: logLines(value, terminal) };
  }
  if (options.stats) {
    const value = await queue.stats(item_id);
    return { value, lines: statsLines(value, terminal) };
  }
  return null;
}

/** Each asset of its outputs, as a file of the folder, under the name that `run` gives it; returns their paths. */
async function writeOutputs(client: Client, queue: QueueClient, item_id: number, folder: string): Promise<string[]> {
  const outputs = await queue.outputs(item_id);
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const asset of assetsOf(outputs))
    files.push(await writeAsset(client, queue, asset.asset_name, outputStem(folder, item_id, asset)));
  return files;
}
