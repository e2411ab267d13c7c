/** What a node may do besides computing; made anew for each invocation, so it holds nothing costly. */
import {
  type AssetAccess,
  CanceledError,
  type InvocationContext,
  type ModelAccess,
  type ProgressUpdate,
} from '../nodes/node.ts';
import { AssetError, type DeviceAssets } from './assets.ts';
import type { Breath } from './breath.ts';
import type { FlightRecorder } from './flight-recorder.ts';
import { asText } from './item-error.ts';
import type { DeviceModels, InvocationModels } from './models.ts';
import type { Progress } from './progress.ts';
import type { Reporter } from './reporter.ts';
import type { Task } from './task.ts';
import type { UploadRoom } from './upload-room.ts';

/** What all invocations of a device share. */
export interface Services {
  assets: DeviceAssets;
  room: UploadRoom;
  models: DeviceModels;
  progress: Progress;
  breath: Breath;
  reporter: Reporter;
  recorder: Pick<FlightRecorder, 'works' | 'goesOn'>;
}

export class Context implements InvocationContext {
  readonly invocation_id: string;
  readonly #task: Task;
  readonly #services: Services;
  #models: InvocationModels | null = null;
  #ended = false;

  constructor(invocation_id: string, task: Task, services: Services) {
    this.invocation_id = invocation_id;
    this.#task = task;
    this.#services = services;
  }

  isCanceled(): boolean {
    return this.#task.isCanceled();
  }

  async checkpoint(): Promise<void> {
    const { breath, recorder } = this.#services;
    await breath.take();
    if (this.#task.isCanceled()) throw new CanceledError('the item was canceled');
    recorder.goesOn(this.#task.slot);
  }

  progress(update: ProgressUpdate): Promise<void> {
    return this.#services.progress.report(this.#task.lease, this.invocation_id, update);
  }

  get assets(): AssetAccess {
    const { assets, room } = this.#services;
    return {
      // Copies both: what stands under a name here is read by others, and sent after the node has gone on.
      read: async (name) => new Uint8Array(await this.#waited(assets.read(name, this.#task.meter))),
      write: async (given, contentType) => {
        if (!(given instanceof Uint8Array)) throw new AssetError('the bytes of an asset are a Uint8Array');
        const bytes = new Uint8Array(given);
        return this.#waited(room.enter(this.#task, () => assets.write(this.#task, bytes, contentType)));
      },
    };
  }

  get models(): ModelAccess {
    this.#models ??= this.#services.models.for(this.#task, this.invocation_id);
    const models = this.#models;
    // A promise that the node left behind: nobody would ever give back what it holds.
    if (this.#ended) models.end();
    return {
      diffusion: (identifier) => this.#waited(models.diffusion(identifier)),
      onnx: (identifier) => this.#waited(models.onnx(identifier)),
    };
  }

  /** Another session may have the thread meanwhile. */
  async #waited<Result>(work: Promise<Result>): Promise<Result> {
    const result = await this.#task.orCanceled(work);
    this.#services.recorder.goesOn(this.#task.slot);
    return result;
  }

  /** The node has ended, however it did: others may have the room of its models. */
  end(): void {
    this.#ended = true;
    this.#models?.end();
  }

  log(message: string): void {
    this.#services.reporter.log('info', asText(message), this.#task, this.invocation_id);
  }
}
