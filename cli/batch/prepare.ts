/** What `run` and `enqueue` send: a file, changed by the options of the command line, its files stored. */
import { readFileSync } from 'node:fs';
import type { Client } from '../../client/client.ts';
import type { BatchInput } from '../../client/queue.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import { UsageError } from '../exit-code.ts';
import { harmless } from '../output/text.ts';
import { readable } from '../readable.ts';
import { AssignmentError, type LineFile, parseAssignment } from './assignment.ts';
import { assign } from './document.ts';
import { linesOf } from './lines.ts';
import { readDocument } from './read-document.ts';
import { storeFiles } from './stored-files.ts';

export interface BatchOptions {
  set?: string[];
  zip?: string[];
  runs?: number;
  priority?: number;
  origin?: string;
  destination?: string;
  startAfter?: string;
  deadline?: string;
  maxRunSeconds?: number;
}

/** `file`: a path, or `-` for standard input. Throws a UsageError for what makes no sense without asking the service. */
export async function prepareBatch(
  file: string,
  options: BatchOptions,
  client: Client,
  signal: AbortSignal,
): Promise<BatchInput> {
  try {
    const assignments = (options.set ?? []).map(parseAssignment);
    const zips = (options.zip ?? []).map((names) => names.split(',').map((name) => name.trim()));
    const { body, notes } = await readDocument(file, () => client.catalogue.get({ signal }));
    // Beside whatever goes to standard output.
    for (const note of notes) process.stderr.write(`${harmless(note)}\n`);
    const catalogue: Catalogue = assignments.length > 0 ? await client.catalogue.get({ signal }) : { node_types: {} };
    const changed = await assign(
      body,
      { assignments, zips },
      { catalogue, store: (each) => storeFiles(client.assets, each, signal), lines: readLines },
    );
    return { ...changed, batch: { origin: 'cli', ...changed.batch, ...fieldsOf(options) } };
  } catch (error) {
    throw asUsage(error);
  }
}

/** What it returns; what it finds wrong with the command line is thrown as a UsageError. */
export function usageOf<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw asUsage(error);
  }
}

const asUsage = (error: unknown): unknown => (error instanceof AssignmentError ? new UsageError(error.message) : error);

async function readLines({ path }: LineFile): Promise<string[]> {
  const lines = linesOf(
    readable(
      path,
      () => readFileSync(path, 'utf8'),
      'Where text stands, @ names a file of lines; quote it to mean @ itself.',
    ),
  );
  if (lines.length === 0) throw new UsageError(`${path} holds no line; write one value a line.`);
  return lines;
}

function fieldsOf(options: BatchOptions): Partial<BatchInput['batch']> {
  const fields = {
    runs: options.runs,
    priority: options.priority,
    origin: options.origin,
    destination: options.destination,
    start_after: options.startAfter,
    deadline: options.deadline,
    max_run_seconds: options.maxRunSeconds,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
