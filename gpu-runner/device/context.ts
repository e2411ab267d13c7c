/** What a node may do besides computing; made anew for each invocation, so it holds nothing costly. */
import {
  type AssetAccess,
  CanceledError,
  type InvocationContext,
  type ModelAccess,
  type ProgressUpdate,
} from '../nodes/node.ts';
import type { DeviceAssets } from './assets.ts';
import type { Breath } from './breath.ts';
import type { DeviceModels } from './models.ts';
import type { Progress } from './progress.ts';
import type { Reporter } from './reporter.ts';
import type { Task } from './task.ts';

/** What all invocations of a device share. */
export interface Services {
  assets: DeviceAssets;
  models: DeviceModels;
  progress: Progress;
  breath: Breath;
  reporter: Reporter;
}

export class Context implements InvocationContext {
  readonly invocation_id: string;
  readonly #task: Task;
  readonly #services: Services;

  constructor(invocation_id: string, task: Task, services: Services) {
    this.invocation_id = invocation_id;
    this.#task = task;
    this.#services = services;
  }

  isCanceled(): boolean {
    return this.#task.isCanceled();
  }

  async checkpoint(): Promise<void> {
    await this.#services.breath.take();
    if (this.#task.isCanceled()) throw new CanceledError('the item was canceled');
  }

  progress(update: ProgressUpdate): Promise<void> {
    return this.#services.progress.report(this.#task.lease, this.invocation_id, update);
  }

  get assets(): AssetAccess {
    const { assets } = this.#services;
    return {
      read: (name) => this.#task.orCanceled(assets.read(name)),
      write: async (bytes, contentType) => assets.write(this.#task, bytes, contentType),
    };
  }

  get models(): ModelAccess {
    const task = this.#task;
    const models = this.#services.models.for(task.lease);
    return {
      diffusion: (identifier) => task.orCanceled(models.diffusion(identifier)),
      onnx: (identifier) => task.orCanceled(models.onnx(identifier)),
    };
  }

  log(message: string): void {
    this.#services.reporter.log('info', message, this.#task.lease, this.invocation_id);
  }
}
