/** `run`: one graph or batch from a file, followed to its end, its outputs written to a folder. */
import { mkdirSync } from 'node:fs';
import type { BatchTally, EndedItem } from '../../client/run/batch-tally.ts';
import { runBatch } from '../../client/run/run-batch.ts';
import { Lanes } from '../batch/lanes.ts';
import { assetsOf, outputStem, writeAsset } from '../batch/output-files.ts';
import { type BatchOptions, prepareBatch } from '../batch/prepare.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { type BatchProgress, showProgress } from '../progress-bars.ts';
import { openTerminal, printJson, seconds } from '../terminal.ts';

export interface RunOptions extends ConnectionOptions, BatchOptions {
  out?: string;
  json?: boolean;
}

const LANES = 4;

interface FinishedItem extends EndedItem {
  files: string[];
  outputs: unknown;
}

export async function run(file: string, options: RunOptions): Promise<number> {
  const { client, queue } = connect(options);
  const terminal = openTerminal(options);
  const { signal } = listenForInterrupt();
  const body = await prepareBatch(file, options, client, signal);
  const { out } = options;
  if (out !== undefined) mkdirSync(out, { recursive: true });
  const lanes = new Lanes(LANES);
  const items: FinishedItem[] = [];
  let progress: BatchProgress | null = null;
  let tally: BatchTally;
  const startedAt = performance.now();
  try {
    tally = await runBatch(queue, body, {
      signal,
      onEnqueued: ({ total }) => {
        progress = showProgress(terminal, total);
      },
      onChange: (now) => progress?.update(now),
      onEnded: (item) =>
        lanes.run(async () => {
          const files: string[] = [];
          const outputs = await queue.outputs(item.item_id, { signal });
          if (out !== undefined)
            for (const asset of assetsOf(outputs))
              files.push(await writeAsset(client, queue, asset.asset_name, outputStem(out, item.item_id, asset)));
          items.push({ ...item, files, outputs: outputs.outputs });
        }),
    });
    await lanes.settled();
  } finally {
    // What is being written when something else ends the command is written to its end.
    await lanes.settled().catch(() => {});
    (progress as BatchProgress | null)?.stop();
  }
  items.sort((a, b) => a.item_id - b.item_id);
  const elapsed = (performance.now() - startedAt) / 1_000;
  const { failed, canceled } = tally.counts;
  if (options.json) printJson({ batch_id: tally.batch_id, ...tally.counts, seconds: elapsed, items });
  else {
    const { colors: c } = terminal;
    for (const { item_id, error, files, outputs } of items) {
      const result = error !== null ? c.red(error) : files.length > 0 ? files.join('  ') : JSON.stringify(outputs);
      terminal.line(`item ${item_id}  ${result}`);
    }
    const counts = Object.entries(tally.counts).flatMap(([status, count]) => (count > 0 ? [`${count} ${status}`] : []));
    terminal.line(`${counts.join(', ') || 'nothing to do'}, ${seconds(elapsed)}`);
  }
  return failed + canceled > 0 ? EXIT.failed : EXIT.ok;
}
