/**
 * `--profile`: a CPU profile of each session, and onnxruntime's own trace of each model that it loaded. All of one run
 * begin with the session's id and the number of its lease. A trace covers a model from its load to its release, so models
 * are released after each session; and a profile is the whole process's, so sessions run one at a time.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import path from 'node:path';
import type { Grant } from '../../contract/runner/claim.ts';
import type { SessionHooks } from './hooks.ts';

export interface SessionProfilerParts {
  folder: string;
  releaseModels: () => Promise<void>;
  /** The session is none the worse for a profile that cannot be written. */
  warn: (message: string) => void;
}

export type ProfilerHooks = Pick<SessionHooks, 'before_session' | 'after_session' | 'session_over'>;

export class SessionProfiler implements ProfilerHooks {
  readonly #parts: SessionProfilerParts;
  #running: { name: string; inspector: Session } | null = null;

  constructor(parts: SessionProfilerParts) {
    this.#parts = parts;
  }

  /** How the path of a model's trace begins; onnxruntime adds the time and `.json`. */
  traceOf(file: string): string {
    return path.join(this.#parts.folder, `${this.#running?.name ?? 'no-session'}.${modelName(file)}`);
  }

  async before_session({ item }: { item: Grant }): Promise<void> {
    await this.#end();
    // onnxruntime makes no folder and says nothing; that it cannot be made is told when the profile is written.
    await mkdir(this.#parts.folder, { recursive: true }).catch(() => undefined);
    const inspector = new Session();
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.start');
    this.#running = { name: profileName(item), inspector };
  }

  /** Before the last entry: once that is answered, this process may be ended at any moment. */
  async after_session(): Promise<void> {
    await this.#end();
  }

  /** For a run that ended without that, by the processor's failure. */
  async session_over(): Promise<void> {
    await this.#end();
  }

  async #end(): Promise<void> {
    if (!this.#running) return;
    const { name, inspector } = this.#running;
    const { folder, releaseModels, warn } = this.#parts;
    try {
      const { profile } = await inspector.post('Profiler.stop');
      await writeFile(path.join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
    } catch (error) {
      warn(`the profile was not written: ${(error as Error).message}`);
    }
    inspector.disconnect();
    // With the name still set: a model that loads only now has its trace here too.
    await releaseModels();
    this.#running = null;
  }
}

/** Whatever an id looks like, it is no path. */
const profileName = ({ session_id, fence }: Grant): string => `${session_id.replace(/[^\w.-]/g, '_')}.${fence}`;

/** What people call the model in this file: its folder's name, shortened where that is a digest, or its own. */
function modelName(file: string): string {
  const own = path.basename(file, '.onnx');
  const name = own === 'model' ? path.basename(path.dirname(file)) : own;
  return name.replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1').replace(/[^\w.-]/g, '_');
}
