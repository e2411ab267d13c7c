/** What a local system needs before it is useful: a key for its runners, and the models of the examples. Idempotent. */
import { fileURLToPath } from 'node:url';
import { createClient } from '../../client/client.ts';
import { ProblemError } from '../../client/errors.ts';
import { DEFAULT_QUEUE_ID } from '../../contract/known-names.ts';
import { modelFiles } from './model-folder.ts';
import type { StateFolder } from './state-folder.ts';

/** Each in the folder of models/ that its key names. */
const BUNDLED_MODELS = [
  { key: 'tiny-diffusion', type: 'diffusion', base: 'tiny' },
  { key: 'esrgan-slim-x2', type: 'onnx', base: 'esrgan' },
  { key: 'blazeface', type: 'onnx', base: 'blazeface' },
] as const;

/** Makes the key once and keeps it; a key that the data no longer know is made anew. */
export async function ensureRunnerKey(state: StateFolder, url: string, key: string): Promise<string> {
  const kept = state.readKeys()?.runner_key;
  if (kept !== undefined && (await isKnown(url, kept))) return kept;
  const made = await createClient({ url, key }).keys.create({ name: 'local runners', scopes: ['runner'] });
  state.writeKeys({ key, runner_key: made.key });
  return made.key;
}

async function isKnown(url: string, key: string): Promise<boolean> {
  try {
    await createClient({ url, key }).queue().status();
    return true;
  } catch (error) {
    if (error instanceof ProblemError && error.status < 500) return error.code === 'forbidden';
    throw error;
  }
}

/** Another version of a model, of an older checkout, stays beside it: graphs are pinned to the one they named. */
export async function publishBundledModels(url: string, key: string): Promise<void> {
  const { models } = createClient({ url, key });
  const publish = async (model: (typeof BUNDLED_MODELS)[number]) => {
    const folder = fileURLToPath(new URL(`../../models/${model.key}`, import.meta.url));
    await models.publish({ ...model, files: await modelFiles(model.type, folder) });
  };
  await Promise.all(BUNDLED_MODELS.map(publish));
}

export const SEEDED_QUEUE = DEFAULT_QUEUE_ID;
