/** Models as nodes see them: the agent brings the folder, the loader registry makes a model of it, and both are told. */

import type { Lease } from '../../contract/runner/claim.ts';
import type { RunnerReport } from '../../contract/runner/socket.ts';
import type { ModelIdentifier } from '../../contract/store/model.ts';
import type { ModelLoaderRegistry, StoredModel } from '../models/model-loader-registry.ts';
import type { ModelAccess } from '../nodes/node.ts';
import type { ModelFolder } from './messages.ts';
import type { Requests } from './requests.ts';

export class DeviceModels {
  readonly #registry: ModelLoaderRegistry;
  readonly #requests: Requests;
  readonly #send: (report: RunnerReport) => void;
  /** Folders by key and hash: what was verified once stays as it is. */
  readonly #folders = new Map<string, StoredModel>();

  constructor(registry: ModelLoaderRegistry, requests: Requests, send: (report: RunnerReport) => void) {
    this.#registry = registry;
    this.#requests = requests;
    this.#send = send;
  }

  /** The access of one session, whose owner is told of what it waits for. */
  for(lease: Lease): ModelAccess {
    const load = async <Loaded>(
      identifier: ModelIdentifier,
      type: string,
      open: (stored: StoredModel) => Promise<Loaded>,
    ): Promise<Loaded> => {
      const known = this.#folders.get(nameOf(identifier));
      if (known && this.#registry.loaded.includes(known.hash)) return open(known);
      const submodel_type = typeof identifier.submodel_type === 'string' ? identifier.submodel_type : null;
      const model = { key: identifier.key, hash: identifier.hash ?? '', type };
      this.#send({ report: 'model_load_started', ...lease, model, submodel_type });
      const stored = known ?? (await this.#fetch(identifier));
      const loaded = await open(stored).catch((error: Error) => {
        throw new Error(`model '${identifier.key}': ${error.message}`, { cause: error });
      });
      const complete = { key: model.key, hash: stored.hash, type: stored.type };
      this.#send({ report: 'model_load_complete', ...lease, model: complete, submodel_type });
      return loaded;
    };
    return {
      diffusion: (identifier) => load(identifier, 'diffusion', (stored) => this.#registry.diffusion(stored)),
      onnx: (identifier) => load(identifier, 'onnx', (stored) => this.#registry.onnx(stored)),
    };
  }

  async #fetch(identifier: ModelIdentifier): Promise<StoredModel> {
    const { key, hash } = identifier;
    const { folder, manifest } = (await this.#requests.ask({ what: 'model', key, hash })) as ModelFolder;
    const stored = { hash: manifest.hash, type: manifest.type, folder };
    // A name without a hash may mean another model tomorrow.
    if (hash !== undefined) this.#folders.set(nameOf(identifier), stored);
    return stored;
  }
}

const nameOf = ({ key, hash = '' }: ModelIdentifier): string => `${key}@${hash}`;
