/** `enqueue`: what `run` sends, without waiting for it. */
import { type BatchOptions, prepareBatch } from '../batch/prepare.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { count } from '../output/text.ts';
import { openTerminal, printJson } from '../terminal.ts';

export interface EnqueueOptions extends ConnectionOptions, BatchOptions {
  batch?: string;
  prepend?: boolean;
  allowPartial?: boolean;
  json?: boolean;
}

export async function enqueue(file: string, options: EnqueueOptions): Promise<number> {
  const { client, queue } = connect(options);
  const { signal } = listenForInterrupt();
  const prepared = await prepareBatch(file, options, client, signal);
  // Named here, so that a call whose answer was lost can be made again without enqueueing twice.
  const batch_id = options.batch ?? prepared.batch.batch_id ?? crypto.randomUUID();
  const result = await queue.enqueueBatch(
    {
      ...prepared,
      batch: { ...prepared.batch, batch_id },
      ...(options.prepend ? { prepend: true } : {}),
      ...(options.allowPartial ? { allow_partial: true } : {}),
    },
    { signal },
  );
  const { enqueued, requested, item_ids } = result;
  if (options.json) printJson({ batch_id, enqueued, requested, item_ids });
  else {
    const terminal = openTerminal(options);
    const left = requested - enqueued;
    terminal.line(`batch ${batch_id}  ${count(enqueued, 'item')}${enqueued > 0 ? `: ${rangesOf(item_ids)}` : ''}`);
    if (left > 0) terminal.line(terminal.colors.yellow(`${count(left, 'item')} did not fit into the queue.`));
  }
  return EXIT.ok;
}

/** `1–5, 8`: ids of a batch follow each other, mostly. */
export function rangesOf(ids: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const id of ids) {
    const last = ranges.at(-1);
    if (last && last[1] === id - 1) last[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');
}
