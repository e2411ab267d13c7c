/**
 * Models as nodes see them: the agent brings the folder, the loader registry makes a model of it, and the owner of the
 * item that waits is told of both.
 */
import type { RunnerReport } from '../../contract/runner/socket.ts';
import type { ModelIdentifier } from '../../contract/store/model.ts';
import type { DiffusionModel } from '../models/diffusion-model.ts';
import type { ModelHold } from '../models/model-hold.ts';
import type { ModelLoaderRegistry, StoredModel } from '../models/model-loader-registry.ts';
import type { OnnxModel } from '../models/onnx-model.ts';
import type { ModelAccess, ProgressUpdate } from '../nodes/node.ts';
import type { ModelFolder } from './messages.ts';
import type { Progress } from './progress.ts';
import type { Requests } from './requests.ts';
import type { Task } from './task.ts';

export interface DeviceModelsParts {
  registry: ModelLoaderRegistry;
  requests: Requests;
  progress: Pick<Progress, 'report'>;
  send: (report: RunnerReport) => void;
}

export class DeviceModels {
  readonly #parts: DeviceModelsParts;

  constructor(parts: DeviceModelsParts) {
    this.#parts = parts;
  }

  /** The access of one invocation, which keeps what it asked for until it says that it is over. */
  for(task: Pick<Task, 'lease' | 'meter'>, invocation_id: string): InvocationModels {
    return new InvocationModels(this.#parts, task, invocation_id);
  }
}

export class InvocationModels implements ModelAccess {
  readonly #parts: DeviceModelsParts;
  readonly #task: Pick<Task, 'lease' | 'meter'>;
  readonly #invocation_id: string;
  readonly #hold: ModelHold;

  constructor(parts: DeviceModelsParts, task: Pick<Task, 'lease' | 'meter'>, invocation_id: string) {
    this.#parts = parts;
    this.#task = task;
    this.#invocation_id = invocation_id;
    this.#hold = parts.registry.hold();
  }

  diffusion(identifier: ModelIdentifier): Promise<DiffusionModel> {
    return this.#load(identifier, 'diffusion', (stored) => this.#hold.diffusion(stored));
  }

  onnx(identifier: ModelIdentifier): Promise<OnnxModel> {
    return this.#load(identifier, 'onnx', (stored) => this.#hold.onnx(stored));
  }

  /** The invocation has ended, however it did. */
  end(): void {
    this.#hold.release();
  }

  async #load<Loaded>(
    identifier: ModelIdentifier,
    type: string,
    open: (stored: StoredModel) => Promise<Loaded>,
  ): Promise<Loaded> {
    const { key, hash } = identifier;
    const known = hash === undefined ? undefined : this.#parts.registry.find(hash);
    if (known) return open(known).catch((error) => refuse(key, error));
    return this.#task.meter.timed('model_load_seconds', this.#announced(identifier, type, open));
  }

  async #announced<Loaded>(
    identifier: ModelIdentifier,
    type: string,
    open: (stored: StoredModel) => Promise<Loaded>,
  ): Promise<Loaded> {
    const { key, hash = '' } = identifier;
    const { send } = this.#parts;
    const { lease } = this.#task;
    const submodel_type = typeof identifier.submodel_type === 'string' ? identifier.submodel_type : null;
    send({ report: 'model_load_started', ...lease, model: { key, hash, type }, submodel_type });
    const stored = await this.#fetch(identifier);
    this.#tell({ message: `loading ${key}` });
    const loaded = await open(stored).catch((error) => refuse(key, error));
    const model = { key, hash: stored.hash, type: stored.type };
    send({ report: 'model_load_complete', ...lease, model, submodel_type });
    return loaded;
  }

  async #fetch({ key, hash }: ModelIdentifier): Promise<StoredModel> {
    const { requests } = this.#parts;
    const told = (done: number, total: number) =>
      this.#tell({ message: `downloading ${key}`, percentage: total === 0 ? 0 : done / total });
    const { folder, manifest } = (await requests.ask({ what: 'model', key, hash }, told)) as ModelFolder;
    const mend = async () => (await requests.ask({ what: 'mend_model', key, hash: manifest.hash }, told)) === true;
    return { hash: manifest.hash, type: manifest.type, folder, mend };
  }

  #tell(update: ProgressUpdate): void {
    void this.#parts.progress.report(this.#task.lease, this.#invocation_id, update);
  }
}

/** Named by its key: paths are the runner's own business. What refuses by a name of its own keeps that name. */
function refuse(key: string, error: Error): never {
  const refusal = new Error(`model '${key}': ${error.message}`, { cause: error });
  throw Object.assign(refusal, { name: error.name === 'Error' ? 'ModelError' : error.name });
}
