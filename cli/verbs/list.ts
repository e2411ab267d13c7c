/** `list`: items of a queue, the newest first. */
import { once } from 'node:events';
import type { QueueClient } from '../../client/queue.ts';
import { PAGE_SIZE_MAX } from '../../contract/limits.ts';
import type { ItemSummary } from '../../contract/queue/item.ts';
import type { Status } from '../../contract/queue/status.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { itemLines } from '../output/item-table.ts';
import { openTerminal } from '../terminal.ts';

export interface ListOptions extends ConnectionOptions {
  status?: Status;
  batch?: string;
  destination?: string;
  user?: string;
  limit: number;
  all?: boolean;
  oldest?: boolean;
  ids?: boolean;
  json?: boolean;
}

/** Of a list that a person looks at; the hint for more goes on from it. */
const MORE_TIMES = 10;

export async function list(options: ListOptions): Promise<number> {
  const { queue } = connect(options);
  const terminal = openTerminal({});
  const found = new Found(queue, options);
  // Programs get the items of a long queue while the rest of it is read.
  if (options.json) await printItems(found);
  else if (options.ids) for await (const { item_id } of found) await write(`${item_id}\n`);
  else {
    const items: ItemSummary[] = [];
    for await (const item of found) items.push(item);
    for (const line of itemLines(items, terminal, Date.now())) terminal.line(line);
    if (items.length === 0) terminal.line('No such items.');
    else if (found.more)
      terminal.line(terminal.colors.dim(`There are more: --limit ${options.limit * MORE_TIMES}, or --all.`));
  }
  return EXIT.ok;
}

/** The items that the options ask for, and afterwards whether there are more. */
class Found implements AsyncIterable<ItemSummary> {
  more = false;
  readonly #queue: QueueClient;
  readonly #options: ListOptions;

  constructor(queue: QueueClient, options: ListOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ItemSummary, void> {
    const { status, batch, destination, user, oldest, all } = this.#options;
    let left = all ? Number.POSITIVE_INFINITY : this.#options.limit;
    const filter = {
      ...(status === undefined ? {} : { status }),
      ...(batch === undefined ? {} : { batch_id: batch }),
      ...(destination === undefined ? {} : { destination }),
      ...(user === undefined ? {} : { user_id: user }),
    };
    // One more than is shown, in the same page, tells whether that was all.
    const limit = Math.min(left + 1, PAGE_SIZE_MAX);
    for await (const item of this.#queue.items({ ...filter, order_dir: oldest ? 'ASC' : 'DESC', limit })) {
      if (left-- === 0) {
        this.more = true;
        return;
      }
      yield item;
    }
  }
}

/** One line, however many items there are in it. */
async function printItems(found: Found): Promise<void> {
  let count = 0;
  await write('{"items":[');
  for await (const item of found) await write(`${count++ > 0 ? ',' : ''}${JSON.stringify(item)}`);
  await write(`],"has_more":${found.more}}\n`);
}

/** Waits for whoever reads, so that a million items are never all in memory. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
