/** Progress of running nodes, sent only while somebody watches, and of each not more often than an eye can follow. */

import type { Lease } from '../../contract/runner/claim.ts';
import type { ProgressImage, RunnerReport } from '../../contract/runner/socket.ts';
import type { PreviewPixels } from '../diffusion/preview-pixels.ts';
import type { ProgressUpdate } from '../nodes/node.ts';
import { asText } from './item-error.ts';

export const PROGRESS_EVERY_MS = 50;
export const PREVIEW_EVERY_MS = 250;

export interface ProgressPort {
  /** Milliseconds, monotonic. */
  now: () => number;
  send: (report: RunnerReport) => void;
  encode: (pixels: PreviewPixels) => Promise<ProgressImage | null>;
}

/** When one session last sent something; in milliseconds. */
interface Sent {
  at: number;
  previewAt: number;
}

export class Progress {
  watched: boolean;
  readonly #port: ProgressPort;
  /** A lease is one object for as long as its session runs. */
  readonly #sent = new WeakMap<Lease, Sent>();

  constructor(port: ProgressPort, watched: boolean) {
    this.#port = port;
    this.watched = watched;
  }

  async report(lease: Lease, invocation_id: string, update: ProgressUpdate): Promise<void> {
    if (!this.watched) return;
    const now = this.#port.now();
    const percentage = update.percentage === undefined ? null : Math.min(1, Math.max(0, update.percentage));
    // The last step is always told, so that a bar does not stop short of its end.
    const sent = this.#sent.get(lease) ?? { at: Number.NEGATIVE_INFINITY, previewAt: Number.NEGATIVE_INFINITY };
    if (now - sent.at < PROGRESS_EVERY_MS && percentage !== 1) return;
    this.#sent.set(lease, sent);
    sent.at = now;
    let image: ProgressImage | null = null;
    if (update.preview && now - sent.previewAt >= PREVIEW_EVERY_MS) {
      sent.previewAt = now;
      image = await this.#port.encode(await update.preview());
    }
    const message = asText(update.message).slice(0, 1_000);
    this.#port.send({ report: 'progress', ...lease, invocation_id, message, percentage, image });
  }
}
