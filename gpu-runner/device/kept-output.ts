/** From what a node gave to what can be given again, and what that occupies. */
import type { NodeType } from '../../contract/graph/catalogue.ts';
import { outputOf } from '../../graph/catalogue.ts';
import { own, put } from '../../graph/own.ts';
import { assetReferences } from '../../graph/references.ts';
import { copyJson } from '../../graph/session/copy.ts';
import type { KeptAsset, KeptOutput } from './invocation-cache.ts';
import { fieldsOf } from './invocation-name.ts';

/** Objects in one live value that are gone through; what has more is of a kind that nobody can tell the size of. */
const OBJECTS_MAX = 10_000;
/** Of an entry by itself: its name, the objects around its values. */
const ENTRY_BYTES = 500;

interface Given {
  inputs: Readonly<Record<string, unknown>>;
  output: Readonly<Record<string, unknown>>;
  seconds: number;
}

/**
 * Undefined when it cannot be given again: it names an asset that is neither among the inputs nor still at hand by
 * `written`, or nobody can tell how large it is.
 */
export function keptOutput(
  definition: NodeType,
  { inputs, output, seconds }: Given,
  written: (asset_name: string) => KeptAsset | undefined,
): KeptOutput | undefined {
  const { liveInputs, liveOutputs, durableOutputs } = fieldsOf(definition);
  const durable: Record<string, unknown> = {};
  for (const field of durableOutputs) put(durable, field, durableValue(definition, field, own(output, field)));
  const live: Record<string, unknown> = {};
  for (const field of liveOutputs) put(live, field, own(output, field));
  const came = Object.keys(inputs).filter((field) => !liveInputs.has(field));
  const brought = new Set(came.flatMap((field) => assetReferences('any', own(inputs, field))));
  const names = [...new Set(assetReferences('any', durable))].filter((name) => !brought.has(name));
  const assets = names.flatMap((name) => written(name) ?? []);
  const liveBytes = bytesOf(live);
  if (assets.length < names.length || liveBytes === undefined) return undefined;
  const assetBytes = assets.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const bytes = ENTRY_BYTES + 2 * JSON.stringify(durable).length + liveBytes + assetBytes;
  return { durable, live, assets, seconds, bytes };
}

/** As its node gave it; durable values are copies, so that whoever gets them may change them. */
export function givenAgain({ durable, live }: KeptOutput): Record<string, unknown> {
  return { ...(copyJson(durable) as Record<string, unknown>), ...live };
}

/** A copy; of "any", JSON decides what it is, as it does for a record (graph/session/record.ts). */
function durableValue(definition: NodeType, field: string, value: unknown): unknown {
  const type = outputOf(definition, field)?.field_type ?? '';
  if (value === undefined || !type.split('|').some((part) => part.startsWith('any'))) return copyJson(value);
  return JSON.parse(JSON.stringify(value) ?? 'null');
}

/** What live values occupy: mostly the data of their arrays, each once; undefined when there is no telling. */
function bytesOf(value: unknown): number | undefined {
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  let bytes = 0;
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'function') return undefined;
    if (typeof next === 'string') bytes += 2 * next.length;
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    if (seen.size >= OBJECTS_MAX) return undefined;
    seen.add(next);
    bytes += 64;
    if (ArrayBuffer.isView(next)) waiting.push(next.buffer);
    else if (next instanceof ArrayBuffer || next instanceof SharedArrayBuffer) bytes += next.byteLength;
    else for (const inner of Object.values(next)) waiting.push(inner);
  }
  return bytes;
}
