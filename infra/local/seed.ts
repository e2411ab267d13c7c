/** What a local system needs before it is useful: a key for its runners, and the model of the demo. Idempotent. */
import { fileURLToPath } from 'node:url';
import { createClient } from '../../client/client.ts';
import { ProblemError } from '../../client/errors.ts';
import { DEFAULT_QUEUE_ID } from '../../contract/names.ts';
import { diffusionFiles } from './model-folder.ts';
import type { StateFolder } from './state-folder.ts';

const BUNDLED_MODEL = {
  key: 'tiny-diffusion',
  type: 'diffusion' as const,
  base: 'tiny',
  folder: fileURLToPath(new URL('../../models/tiny-diffusion', import.meta.url)),
};

/** Makes the key once and keeps it; a key that the data no longer know is made anew. */
export async function ensureRunnerKey(state: StateFolder, url: string, key: string): Promise<string> {
  const kept = state.readKeys()?.runner_key;
  if (kept !== undefined && (await isKnown(url, kept))) return kept;
  const made = await createClient({ url, key }).createKey({ name: 'local runners', scopes: ['runner'] });
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

/** Another version of the model, of an older checkout, stays beside it: graphs are pinned to the one they named. */
export async function publishBundledModel(url: string, key: string): Promise<void> {
  const { folder, ...model } = BUNDLED_MODEL;
  await createClient({ url, key }).models.publish({ ...model, files: await diffusionFiles(folder) });
}

export const SEEDED_QUEUE = DEFAULT_QUEUE_ID;
