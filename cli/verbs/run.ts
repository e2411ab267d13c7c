/** `run`: one graph or batch from a file, followed to its end, its outputs written to a folder as they come. */
import path from 'node:path';
import type { Client } from '../../client/client.ts';
import type { BatchInput, QueueClient } from '../../client/queue.ts';
import type { BatchTally, EndedItem } from '../../client/run/batch-tally.ts';
import { RunAbortedError } from '../../client/run/errors.ts';
import { runBatch } from '../../client/run/run-batch.ts';
import type { BatchDatum } from '../../contract/queue/batch.ts';
import { CollectedItems, type FinishedItem } from '../batch/collected-items.ts';
import { itemValues } from '../batch/item-values.ts';
import { Lanes } from '../batch/lanes.ts';
import { assetsOf, writeAsset } from '../batch/output-files.ts';
import { DEFAULT_NAME, type Named, nameTemplate } from '../batch/output-name.ts';
import { type BatchOptions, prepareBatch, usageOf } from '../batch/prepare.ts';
import { connect } from '../connection.ts';
import type { ConnectionOptions } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { itemLine } from '../live/item-line.ts';
import { duration } from '../output/times.ts';
import { patiently } from '../patience.ts';
import { type BatchProgress, showProgress } from '../progress-bars.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

export interface RunOptions extends ConnectionOptions, BatchOptions {
  out?: string;
  name?: string;
  detach?: boolean;
  /** In seconds. */
  timeout?: number;
  json?: boolean;
}

/** Items whose outputs are fetched and written side by side. */
const LANES = 8;

/** How long the last look at an aborted batch may take. */
const LAST_LOOK_MS = 5_000;

export async function run(file: string, options: RunOptions): Promise<number> {
  if (options.detach) return (await import('./enqueue.ts')).enqueue(file, options);
  const { client, queue } = connect(options);
  const terminal = openTerminal(options);
  const interrupt = listenForInterrupt();
  interrupt.urgent.addEventListener('abort', () => process.exit(EXIT.interrupted));
  const body = await prepareBatch(file, options, client, interrupt.signal);
  const timeout = options.timeout === undefined ? null : AbortSignal.timeout(options.timeout * 1_000);
  const signal = timeout === null ? interrupt.signal : AbortSignal.any([interrupt.signal, timeout]);
  const followed = new FollowedRun({ client, queue, terminal, body, signal, options });
  const summary = await followed.toEnd();
  followed.report(summary);
  if (interrupt.signal.aborted) return EXIT.interrupted;
  if (summary.aborted) return EXIT.not_ended;
  return summary.failed + summary.canceled > 0 ? EXIT.failed : EXIT.ok;
}

interface Surroundings {
  client: Client;
  queue: QueueClient;
  terminal: Terminal;
  body: BatchInput;
  signal: AbortSignal;
  options: RunOptions;
}

interface Summary extends Record<'completed' | 'failed' | 'canceled', number> {
  batch_id: string;
  seconds: number;
  /** It was ended before its end, by the signal; the counts are the service's. */
  aborted?: true;
  /** What the service did not confirm may go on. */
  unconfirmed?: true;
}

class FollowedRun {
  readonly #world: Surroundings;
  readonly #data: readonly (readonly BatchDatum[])[];
  readonly #nameOf: (named: Named) => string;
  readonly #lanes = new Lanes(LANES);
  readonly #items = new CollectedItems();
  readonly #progress: BatchProgress;
  readonly #startedAt = performance.now();
  #firstItem = 0;
  #tally: BatchTally | null = null;

  constructor(world: Surroundings) {
    const { batch } = world.body;
    this.#world = world;
    this.#data = (batch.data ?? []) as BatchDatum[][];
    this.#nameOf = usageOf(() => nameTemplate(world.options.name ?? DEFAULT_NAME, batch.graph));
    this.#progress = showProgress(world.terminal);
  }

  /** Throws what ended it but for the signal, which is put into the summary. */
  async toEnd(): Promise<Summary> {
    const { queue, body, signal } = this.#world;
    try {
      const tally = await runBatch(queue, body, {
        signal,
        onEnqueued: (enqueued, [first = 0]) => {
          this.#tally = enqueued;
          this.#firstItem = first;
          this.#progress.update(enqueued);
        },
        onChange: (now) => this.#progress.update(now),
        onConnection: (connected) => this.#progress.connection(connected),
        onEnded: (item) => this.#lanes.run(() => this.#finish(item)),
      });
      await this.#lanes.settled();
      return { batch_id: tally.batch_id, ...tally.counts, seconds: this.#seconds() };
    } catch (error) {
      if (!signal.aborted || this.#tally === null) throw error;
      // Anything else than this came after the last item had ended.
      return await this.#aborted(this.#tally, error instanceof RunAbortedError ? error.canceled : true);
    } finally {
      // What is being written when something else ends the command is written to its end.
      await this.#lanes.settled().catch(() => {});
      this.#progress.stop();
    }
  }

  report(summary: Summary): void {
    const { terminal, options } = this.#world;
    if (options.json) {
      for (const part of this.#items.json(summary)) process.stdout.write(part);
      return;
    }
    const { colors: c } = terminal;
    const { completed, failed, canceled, seconds, aborted, unconfirmed } = summary;
    const counts = [
      completed > 0 ? c.green(`${completed} completed`) : '',
      failed > 0 ? c.red(`${failed} failed`) : '',
      canceled > 0 ? c.yellow(`${canceled} canceled`) : '',
    ].filter(Boolean);
    const how = aborted ? (this.#world.signal.reason.name === 'TimeoutError' ? 'out of time: ' : 'interrupted: ') : '';
    terminal.line(`${how}${counts.join(', ') || 'nothing to do'}, ${duration(seconds)}`);
    if (unconfirmed)
      terminal.line(
        c.red(
          `The service did not answer: batch ${summary.batch_id} may go on. switchyard cancel --batch ${summary.batch_id}`,
        ),
      );
  }

  async #finish(item: EndedItem): Promise<void> {
    const { client, queue, options, signal, terminal } = this.#world;
    const field_values = itemValues(this.#data, item.item_id - this.#firstItem);
    const finished: FinishedItem = { ...item, field_values, files: [], outputs: [] };
    // Of what was canceled nothing is wanted; what failed has returned what it had by then.
    if (item.status !== 'canceled') {
      const outputs = await patiently(() => queue.outputs(item.item_id, { signal }), signal);
      finished.outputs = outputs.outputs;
      if (options.out !== undefined)
        for (const { label, asset_name } of assetsOf(outputs)) {
          const stem = path.join(options.out, this.#nameOf({ item_id: item.item_id, label, field_values }));
          const write = () => writeAsset(client, queue, asset_name, stem, { signal });
          finished.files.push(await patiently(write, signal));
        }
    }
    if (options.json) this.#items.add(finished);
    else this.#progress.note(itemLine(finished, terminal));
  }

  /** What has become of it by now, as far as the service tells. */
  async #aborted(tally: BatchTally, confirmed: boolean): Promise<Summary> {
    const counts = await this.#world.queue
      .batchStatus(tally.batch_id, { signal: AbortSignal.timeout(LAST_LOOK_MS) })
      .catch(() => tally.counts);
    const { completed, failed, canceled } = counts;
    const told = { batch_id: tally.batch_id, completed, failed, canceled, seconds: this.#seconds() };
    return { ...told, aborted: true, ...(confirmed ? {} : { unconfirmed: true }) };
  }

  #seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }
}
