/** `demo`: a sweep of prompts × seeds through a whole system of its own, which leaves only its images behind. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, createClient } from '../../client/client.ts';
import type { QueueClient } from '../../client/queue.ts';
import type { BatchTally, EndedItem } from '../../client/run/batch-tally.ts';
import { runBatch } from '../../client/run/run-batch.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { Lanes } from '../batch/lanes.ts';
import { linesOf } from '../batch/lines.ts';
import { assetsOf, writeAsset } from '../batch/output-files.ts';
import { type DemoImage, demoResult, printReport } from '../demo/report.ts';
import {
  contactSheet,
  DEFAULT_PROMPTS,
  imageStem,
  promptAndSeed,
  SHEET_IMAGES_MAX,
  sweepBatch,
} from '../demo/sweep.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { type Interrupt, listenForInterrupt } from '../interrupt.ts';
import { showProgress } from '../progress-bars.ts';
import { openTerminal, printJson, type Terminal } from '../terminal.ts';

export interface DemoOptions {
  out: string;
  prompts?: string;
  seeds: number;
  steps: number;
  runners: number;
  json?: boolean;
}

/** Where remarks go: a line between the bars would be drawn over. */
interface Notes {
  say(text: string): void;
}

/** Images fetched and written side by side. */
const LANES = 4;

export async function demo(options: DemoOptions): Promise<number> {
  const terminal = openTerminal(options);
  const prompts = [...new Set(options.prompts ? promptsOf(options.prompts) : DEFAULT_PROMPTS)];
  const interrupt = listenForInterrupt();
  const notes: Notes = { say: (text) => terminal.line(text) };
  terminal.line(`starting the system with ${options.runners} runner${options.runners === 1 ? '' : 's'} …`);
  const system = await LocalSystem.start({
    state: mkdtempSync(path.join(tmpdir(), 'switchyard-demo-')),
    temporary: true,
    port: 0,
    runners: options.runners,
    signal: interrupt.signal,
    onWarning: (message) => notes.say(terminal.colors.yellow(message)),
  });
  interrupt.urgent.addEventListener('abort', () => void system.kill());
  try {
    // A system that ends by itself ends the demo too; nobody else would notice.
    return await Promise.race([
      sweep(system, prompts, options, { terminal, notes, interrupt }),
      system.ended.then(() => EXIT.failed),
    ]);
  } finally {
    await system.stop();
  }
}

async function sweep(
  { url, key }: LocalSystem,
  prompts: readonly string[],
  options: DemoOptions,
  { terminal, notes, interrupt: { signal } }: { terminal: Terminal; notes: Notes; interrupt: Interrupt },
): Promise<number> {
  const client = createClient({ url, key });
  const queue = client.queue();
  const seeds = Array.from({ length: options.seeds }, (_, index) => index + 1);
  terminal.line(`${prompts.length} prompts × ${seeds.length} seeds, ${options.steps} steps each, into ${options.out}/`);
  const progress = showProgress(terminal);
  notes.say = (text) => progress.note(text);
  const images = new ImageFiles(client, queue, options.out);
  const startedAt = performance.now();
  let elapsed = 0;
  let tally: BatchTally;
  try {
    tally = await runBatch(queue, sweepBatch({ prompts, seeds, steps: options.steps }), {
      signal,
      onEnqueued: ({ batch_id }) => images.expect(batch_id),
      onEnded: (item) => {
        elapsed = (performance.now() - startedAt) / 1_000;
        return images.fetch(item);
      },
      onChange: (now) => progress.update(now),
      onConnection: (connected) => progress.connection(connected),
    });
    await images.settled();
  } finally {
    await images.settled().catch(() => {});
    progress.stop();
    notes.say = (text) => terminal.line(text);
  }
  const sheet = await makeSheet(client, queue, images, options, seeds.length, notes, signal);
  const result = demoResult(tally, images.written, sheet, elapsed);
  printReport(terminal, tally, result);
  if (options.json) printJson(result);
  return result.failed + result.canceled > 0 ? EXIT.failed : EXIT.ok;
}

/** The sweep's images on disk, fetched as soon as each is there. */
class ImageFiles {
  readonly written: DemoImage[] = [];
  readonly assets = new Map<number, string>();
  readonly #client: Client;
  readonly #queue: QueueClient;
  readonly #folder: string;
  readonly #lanes = new Lanes(LANES);
  readonly #stems = new Map<string, number>();
  #made: Promise<Map<number, { prompt: string; seed: number }>> | null = null;

  constructor(client: Client, queue: QueueClient, folder: string) {
    this.#client = client;
    this.#queue = queue;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Reads what each item makes, once. */
  expect(batchId: string): void {
    this.#made = this.#readValues(batchId);
    this.#made.catch(() => {});
  }

  async fetch({ item_id, status }: EndedItem): Promise<void> {
    if (status !== 'completed') return;
    await this.#lanes.run(async () => {
      const { prompt = 'image', seed = item_id } = (await this.#made)?.get(item_id) ?? {};
      const [asset] = assetsOf(await this.#queue.outputs(item_id));
      if (asset === undefined) throw new Error(`Item ${item_id} completed without an image.`);
      const file = path.join(this.#folder, this.#unique(imageStem(prompt, seed)));
      this.written.push({
        path: await writeAsset(this.#client, this.#queue, asset.asset_name, file, { replace: true }),
        prompt,
        seed,
        item_id,
      });
      this.assets.set(item_id, asset.asset_name);
    });
  }

  settled(): Promise<void> {
    return this.#lanes.settled();
  }

  /** Prompts that differ in signs alone have the same stem. */
  #unique(stem: string): string {
    const times = (this.#stems.get(stem) ?? 0) + 1;
    this.#stems.set(stem, times);
    return times === 1 ? stem : `${stem}-${times}`;
  }

  async #readValues(batchId: string) {
    const made = new Map<number, { prompt: string; seed: number }>();
    for await (const item of this.#queue.items({ batch_id: batchId }))
      made.set(item.item_id, promptAndSeed(item.field_values));
    return made;
  }
}

/** One more session lays the images out; null when there are none. */
async function makeSheet(
  client: Client,
  queue: QueueClient,
  images: ImageFiles,
  { out }: DemoOptions,
  columns: number,
  notes: Notes,
  signal: AbortSignal,
): Promise<string | null> {
  const names = [...images.assets].sort(([a], [b]) => a - b).map(([, name]) => name);
  if (names.length === 0) return null;
  if (names.length > SHEET_IMAGES_MAX) notes.say(`the contact sheet shows the first ${SHEET_IMAGES_MAX} images`);
  let sheet: EndedItem | undefined;
  await runBatch(queue, contactSheet(names.slice(0, SHEET_IMAGES_MAX), columns), {
    signal,
    onEnded: (item) => {
      sheet = item;
    },
  });
  if (sheet?.status !== 'completed') throw new Error(`The contact sheet failed: ${sheet?.error ?? 'it was canceled'}`);
  const [asset] = assetsOf(await queue.outputs(sheet.item_id));
  if (asset === undefined) throw new Error('The contact sheet has no image.');
  return writeAsset(client, queue, asset.asset_name, path.join(out, 'contact-sheet'), { replace: true });
}

function promptsOf(file: string): string[] {
  let prompts: string[];
  try {
    prompts = linesOf(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`The prompts cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (prompts.length === 0) throw new UsageError(`${file} holds no prompt: write one a line.`);
  return prompts;
}
