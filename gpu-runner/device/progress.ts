/** Progress of the running node, sent only while somebody watches, and not more often than an eye can follow. */

import type { Lease } from '../../contract/runner/claim.ts';
import type { ProgressImage, RunnerReport } from '../../contract/runner/socket.ts';
import type { PreviewPixels } from '../diffusion/preview-pixels.ts';
import type { ProgressUpdate } from '../nodes/node.ts';

export const PROGRESS_EVERY_MS = 50;
export const PREVIEW_EVERY_MS = 250;

export interface ProgressPort {
  /** Milliseconds, monotonic. */
  now: () => number;
  send: (report: RunnerReport) => void;
  encode: (pixels: PreviewPixels) => Promise<ProgressImage | null>;
}

export class Progress {
  watched: boolean;
  readonly #port: ProgressPort;
  #sentAt = Number.NEGATIVE_INFINITY;
  #previewAt = Number.NEGATIVE_INFINITY;

  constructor(port: ProgressPort, watched: boolean) {
    this.#port = port;
    this.watched = watched;
  }

  async report(lease: Lease, invocation_id: string, update: ProgressUpdate): Promise<void> {
    if (!this.watched) return;
    const now = this.#port.now();
    const percentage = update.percentage === undefined ? null : Math.min(1, Math.max(0, update.percentage));
    // The last step is always told, so that a bar does not stop short of its end.
    if (now - this.#sentAt < PROGRESS_EVERY_MS && percentage !== 1) return;
    this.#sentAt = now;
    let image: ProgressImage | null = null;
    if (update.preview && now - this.#previewAt >= PREVIEW_EVERY_MS) {
      this.#previewAt = now;
      image = await this.#port.encode(await update.preview());
    }
    const message = update.message.slice(0, 1_000);
    this.#port.send({ report: 'progress', ...lease, invocation_id, message, percentage, image });
  }
}
