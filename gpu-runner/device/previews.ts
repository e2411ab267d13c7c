/**
 * Small images of the images that a session is for. They are made of bytes that nodes of this device stored, on other
 * threads than the session's, and nothing waits for them. What only leads to a result has none, nor what is small.
 */

import { own } from '../../graph/own.ts';
import { assetReferences } from '../../graph/references.ts';
import type { Invocation } from '../../graph/session/step.ts';
import { encodeAssetPreview, needsPreview, PREVIEW_TYPE } from './asset-preview.ts';
import type { SessionHooks } from './hooks.ts';
import type { FromDevice } from './messages.ts';

/** Bytes of images that wait for theirs; who makes more, and faster, gets none of the rest. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** Images that were looked at, by name: the same bytes come again and again from some graphs. */
const KNOWN_MAX = 10_000;

export interface PreviewsParts {
  /** Of a node type, the outputs that do not stay on the device: what does may be of any size and shape. */
  durableOutputs: (type: string) => readonly string[];
  /** What a node of this device stored, as long as it is at hand. */
  written: (asset_name: string) => { content_type: string; bytes: Uint8Array } | undefined;
  post: (message: FromDevice) => void;
}

export class Previews implements Pick<SessionHooks, 'after_node'> {
  readonly #parts: PreviewsParts;
  readonly #known = new Set<string>();
  readonly #waiting: { asset_name: string; bytes: Uint8Array }[] = [];
  #waitingBytes = 0;
  #making = false;

  constructor(parts: PreviewsParts) {
    this.#parts = parts;
  }

  after_node({ invocation, output }: { invocation: Invocation; output: Readonly<Record<string, unknown>> }): void {
    if (invocation.node.is_intermediate) return;
    for (const field of this.#parts.durableOutputs(invocation.type)) {
      const value = own(output, field);
      if (!mayName(value)) continue;
      for (const asset_name of assetReferences('any', value)) if (!this.#known.has(asset_name)) this.#look(asset_name);
    }
  }

  #look(asset_name: string): void {
    const asset = this.#parts.written(asset_name);
    if (!asset?.content_type.startsWith('image/')) return;
    this.#known.add(asset_name);
    for (const oldest of this.#known) {
      if (this.#known.size <= KNOWN_MAX) break;
      this.#known.delete(oldest);
    }
    const { bytes } = asset;
    if (!needsPreview(bytes) || this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) return;
    this.#waitingBytes += bytes.length;
    this.#waiting.push({ asset_name, bytes });
    // Told before it is made: an agent that is about to end waits for it.
    this.#parts.post({ kind: 'preview_begun', asset_name });
    if (!this.#making) void this.#make();
  }

  /** One after the other: an image may have 8192 × 8192 pixels. */
  async #make(): Promise<void> {
    this.#making = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { asset_name, bytes } = next;
      // What cannot be read as an image has no preview; whoever looks at the asset sees why.
      const preview = await encodeAssetPreview(bytes).catch(() => null);
      this.#waitingBytes -= bytes.length;
      this.#parts.post({ kind: 'preview', asset_name, content_type: PREVIEW_TYPE, bytes: preview });
    }
    this.#making = false;
  }
}

/** Lists are long, and hold one kind of value: one of numbers or texts is not looked through. */
const mayName = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !(Array.isArray(value) && typeof value[0] !== 'object');
