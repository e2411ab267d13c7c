/** What the tests find in workerd beside the Worker's own globals. */
import type { Env as WorkerEnv } from '../env.ts';

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {}
    interface GlobalProps {
      mainModule: typeof import('../index.ts');
    }
  }

  interface ImportMeta {
    /** Vite's: the files that match, as text. */
    glob(pattern: string, options: { query: '?raw'; import: 'default'; eager: true }): Record<string, string>;
  }
}
