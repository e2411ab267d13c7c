/** Keeps what is too large for a record as assets, and brings it back when a session goes on elsewhere (D1). */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import type { NodeOutput, StoredValue } from '../../contract/graph/graph.ts';
import { OUTPUT_BYTES_MAX } from '../../contract/limits.ts';
import type { RecordedResult } from '../../contract/runner/claim.ts';
import { outputOf } from '../../graph/catalogue.ts';
import { put } from '../../graph/own.ts';
import { assetReferences } from '../../graph/references.ts';
import { isStored } from '../../graph/session/stored-value.ts';

/** The node returned what cannot be recorded. */
export class OutputError extends Error {
  override name = 'OutputError';
}

/** Stores bytes and answers their name at once; the upload goes on meanwhile. */
export type Write = (bytes: Uint8Array) => string;

/**
 * `output` with its largest fields stored, as many as have to be for the rest to fit a record; and with all that look
 * stored already, so that only what was stored here is ever read by its name. Throws OutputError when a stored field
 * names new assets: the queue keeps what its records name, and would not see them. Those that came in with `inputs` are
 * named elsewhere.
 */
export function stored(
  nodeType: NodeType,
  output: NodeOutput,
  inputs: Readonly<Record<string, unknown>>,
  write: Write,
): NodeOutput {
  const texts = Object.entries(output).map(([field, value]) => ({ field, value, text: JSON.stringify(value) ?? '' }));
  let excess = JSON.stringify(output).length - OUTPUT_BYTES_MAX;
  const hasAlikes = texts.some(({ value }) => isStored(value));
  if (excess <= 0 && !hasAlikes) return output;
  const result: NodeOutput = { ...output };
  for (const { field, value, text } of texts.sort((a, b) => b.text.length - a.text.length)) {
    if (excess <= 0 && !isStored(value)) continue;
    const declared = outputOf(nodeType, field);
    if (declared === undefined) continue;
    refuseNewAssets(field, value, inputs);
    const reference: StoredValue = {
      asset_name: write(Buffer.from(text)),
      content_type: 'application/json',
      stored: declared.field_type,
      ...(Array.isArray(value) ? { length: value.length } : {}),
    };
    put(result, field, reference);
    excess -= text.length - JSON.stringify(reference).length;
  }
  return result;
}

function refuseNewAssets(field: string, value: unknown, inputs: Readonly<Record<string, unknown>>): void {
  const named = assetReferences('any', value);
  if (named.length === 0) return;
  const known = new Set(assetReferences('any', inputs));
  const made = named.filter((name) => !known.has(name)).length;
  if (made > 0)
    throw new OutputError(
      `"${field}" names ${made} new images or files and is over ${OUTPUT_BYTES_MAX} bytes of JSON; return fewer at once.`,
    );
}

/** Values that are read at a time: enough to hide the way to the store, few enough to leave room for others. */
const READS_AT_A_TIME = 8;

/** Recorded results with the stored values in their places; each value is read once, however often it is named. */
export async function brought(
  results: readonly RecordedResult[],
  read: (asset_name: string) => Promise<Uint8Array>,
): Promise<RecordedResult[]> {
  const names = results.flatMap(({ result }) =>
    Object.values(result).flatMap((value) => (isStored(value) ? value.asset_name : [])),
  );
  const texts = await readAll([...new Set(names)], read);
  return results.map(({ invocation_id, result }) => {
    const copy: NodeOutput = { ...result };
    // Parsed for each place: two that hold one object would change together.
    for (const [field, value] of Object.entries(result))
      if (isStored(value)) put(copy, field, JSON.parse(texts.get(value.asset_name) ?? ''));
    return { invocation_id, result: copy };
  });
}

/** Texts by name. The first read that fails ends it: what is not begun by then is not read. */
async function readAll(
  names: readonly string[],
  read: (asset_name: string) => Promise<Uint8Array>,
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const left = [...names];
  let over = false;
  const reader = async () => {
    for (let name = left.shift(); name !== undefined && !over; name = left.shift())
      texts.set(name, Buffer.from(await read(name)).toString());
  };
  const readers = Array.from({ length: Math.min(READS_AT_A_TIME, names.length) }, reader);
  await Promise.all(readers).finally(() => {
    over = true;
  });
  return texts;
}
