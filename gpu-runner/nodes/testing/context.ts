/** What a node may do besides computing, for tests: assets in memory, models from folders, a record of what was said. */
import { createHash } from 'node:crypto';
import { ModelLoaderRegistry } from '../../models/model-loader-registry.ts';
import type { SessionOptions } from '../../models/onnx-model.ts';
import { CanceledError, type InvocationContext, type Node, type ProgressUpdate } from '../node.ts';

export interface TestContext extends InvocationContext {
  readonly stored: Map<string, Uint8Array>;
  readonly updates: ProgressUpdate[];
  readonly registry: ModelLoaderRegistry;
  checkpoints: number;
  canceled: boolean;
  /** Runs a node; the values are as the graph engine would hand them over. */
  run<Output = Record<string, unknown>>(node: Node, inputs: Record<string, unknown>): Promise<Output>;
}

/** `folders` are the diffusion models, by key. */
export function testContext(folders: Record<string, string> = {}, options: SessionOptions = {}): TestContext {
  const registry = new ModelLoaderRegistry({ options });
  const hold = registry.hold();
  const stored = new Map<string, Uint8Array>();
  const at = (key: string, type: string) => ({ hash: key, type, folder: folders[key] ?? '' });
  const context: TestContext = {
    invocation_id: 'test',
    stored,
    updates: [],
    registry,
    checkpoints: 0,
    canceled: false,
    isCanceled: () => context.canceled,
    async checkpoint() {
      context.checkpoints++;
      if (context.canceled) throw new CanceledError('canceled');
    },
    async progress(update) {
      context.updates.push(update);
    },
    log: () => {},
    assets: {
      async read(name) {
        const bytes = stored.get(name);
        if (!bytes) throw new Error(`no asset ${name}`);
        return bytes;
      },
      async write(bytes) {
        const name = createHash('sha256').update(bytes).digest('hex');
        stored.set(name, bytes);
        return name;
      },
    },
    models: {
      diffusion: ({ key }) => hold.diffusion(at(key, 'diffusion')),
      onnx: ({ key }) => hold.onnx(at(key, 'onnx')),
    },
    run: (node, inputs) => node.invoke(inputs, context) as Promise<never>,
  };
  return context;
}
