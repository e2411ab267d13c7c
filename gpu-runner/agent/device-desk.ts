/** Takes what a device says and asks: entries and assets on their way to the queue, questions to the stores. */
import type { DeviceRequest, FromDevice, ModelFolder, ToDevice } from '../device/messages.ts';
import { EdgeRefusal, told } from './edge-error.ts';
import type { Log } from './log.ts';
import type { ModelStore } from './model-store.ts';
import type { PreviewUploads } from './preview-uploads.ts';
import type { SessionSpans } from './session-spans.ts';
import type { Uploads } from './uploads.ts';
import type { Work } from './work.ts';

export interface DeviceDeskParts {
  work: Work;
  uploads: Uploads;
  previews: PreviewUploads;
  spans: SessionSpans | null;
  log: Log;
  report: (json: string) => void;
  readAsset: (asset_name: string) => Promise<Uint8Array>;
  models: Pick<ModelStore, 'folder' | 'mend'>;
  /** Which models a device has loaded. */
  onModels: (hashes: string[]) => void;
}

/** Reaches the process that asked. */
type Answer = (message: ToDevice) => void;

export class DeviceDesk {
  readonly #parts: DeviceDeskParts;

  constructor(parts: DeviceDeskParts) {
    this.#parts = parts;
  }

  take(messages: readonly FromDevice[], answer: Answer): void {
    const { work, log, report, previews, spans, onModels } = this.#parts;
    for (const message of messages) {
      switch (message.kind) {
        case 'entry':
          work.entry(message);
          break;
        case 'ended':
          work.deviceEnded(message.ticket);
          break;
        case 'asset':
          this.#store(message, answer);
          break;
        case 'preview_begun':
          previews.begun(message.asset_name);
          break;
        case 'preview': {
          const { asset_name, content_type, bytes } = message;
          previews.made(asset_name, bytes && { asset_name, content_type, bytes });
          break;
        }
        case 'models':
          onModels(message.hashes);
          break;
        case 'report':
          report(message.json);
          spans?.report(message.json);
          break;
        case 'request':
          void this.#serve(message.request, message.wanted, answer);
          break;
        case 'log': {
          const { level, message: text, kind: _, ticket, ...about } = message;
          log[level](about, text);
          if (ticket !== undefined) work.note(ticket, message);
        }
      }
    }
    work.changed();
  }

  #store({ ticket, asset_name, content_type, bytes }: Extract<FromDevice, { kind: 'asset' }>, answer: Answer): void {
    const { work, uploads, spans } = this.#parts;
    if (!work.isHeld(ticket) || uploads.isStored(asset_name)) {
      answer({ kind: 'settled', asset_name });
      return;
    }
    spans?.uploadBegun(ticket, asset_name, bytes.length);
    work.outbox.hold(ticket, asset_name);
    uploads.store({ asset_name, content_type, bytes });
  }

  async #serve(request: number, wanted: DeviceRequest, answer: Answer): Promise<void> {
    try {
      const told = (done: number, total: number) => answer({ kind: 'part', request, done, total });
      answer({ kind: 'answer', request, value: await this.#value(wanted, told) });
    } catch (error) {
      // Named for what the node wanted, not for how it is fetched.
      const error_name = error instanceof Error && !(error instanceof EdgeRefusal) ? error.name : 'AssetError';
      answer({ kind: 'refusal', request, error_name, message: told(error) });
    }
  }

  async #value(
    wanted: DeviceRequest,
    told: (done: number, total: number) => void,
  ): Promise<Uint8Array | ModelFolder | boolean> {
    const { models, uploads, readAsset } = this.#parts;
    switch (wanted.what) {
      case 'model':
        return models.folder(wanted.key, wanted.hash, told);
      case 'mend_model':
        return models.mend(wanted.key, wanted.hash, told);
      case 'asset':
        // One that is still on its way up is here.
        return uploads.bytesOf(wanted.asset_name) ?? readAsset(wanted.asset_name);
    }
  }
}
