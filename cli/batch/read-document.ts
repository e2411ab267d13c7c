/** The file that `run` and `enqueue` are given: a document of ours, or what InvokeAI saved, which is imported. */
import { readFileSync } from 'node:fs';
import type { BatchInput } from '../../client/queue.ts';
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import { UsageError } from '../exit-code.ts';
import { readable } from '../readable.ts';
import { AssignmentError } from './assignment.ts';
import { batchOf } from './document.ts';

export interface ReadDocument {
  body: BatchInput;
  /** Of an import: what could not be taken along, and what is worth knowing. */
  notes: string[];
}

const STANDARD_INPUT = 0;

/** How a PNG begins. */
const PICTURE = [0x89, 0x50, 0x4e, 0x47];

/** `file`: a path, or `-` for standard input. */
export async function readDocument(file: string, catalogue: () => Promise<Catalogue>): Promise<ReadDocument> {
  const name = file === '-' ? 'Standard input' : file;
  const bytes = readable(name, () => readFileSync(file === '-' ? STANDARD_INPUT : file));
  const isPicture = PICTURE.every((byte, index) => bytes[index] === byte);
  if (isPicture) return imported(name, bytes, catalogue);
  const document: unknown = readable(name, () => JSON.parse(bytes.toString('utf8')));
  if (isWorkflow(document)) return imported(name, bytes, catalogue);
  try {
    return { body: batchOf(document), notes: [] };
  } catch (error) {
    throw error instanceof AssignmentError ? new UsageError(`${name}: ${error.message}`) : error;
  }
}

/** A workflow of InvokeAI's editor lists its nodes; our graphs, and InvokeAI's, name them. */
const isWorkflow = (document: unknown): boolean =>
  typeof document === 'object' && document !== null && 'nodes' in document && Array.isArray(document.nodes);

async function imported(name: string, bytes: Uint8Array, catalogue: () => Promise<Catalogue>): Promise<ReadDocument> {
  const [{ readSaved }, { importInvokeai }, { ImportError }] = await Promise.all([
    import('../../client/import/saved-file.ts'),
    import('../../client/import/import-invokeai.ts'),
    import('../../client/import/import-error.ts'),
  ]);
  try {
    const { document } = await readSaved(bytes);
    const { graph, data, runs, unmapped, notes } = importInvokeai(document, await catalogue(), { readable_ids: true });
    const batch = { graph, ...(data === undefined ? {} : { data }), ...(runs === undefined ? {} : { runs }) };
    return {
      body: { batch },
      notes: [
        ...unmapped.map(
          ({ node_id, field, detail }) => `${field === null ? node_id : `${node_id}.${field}`}: ${detail}`,
        ),
        ...notes,
      ],
    };
  } catch (error) {
    throw error instanceof ImportError ? new UsageError(`${name}: ${error.message}`) : error;
  }
}
