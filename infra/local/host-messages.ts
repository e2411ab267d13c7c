/** What the front and the host say to each other. The start order carries keys, which is why no argument does. */
import type { ProcessIdentity } from './process-identity.ts';

export interface HostOptions {
  state: string;
  /** 0 takes any free one. */
  port: number;
  /** Acts as admin. Absent: the one that the state folder keeps, or a new one. */
  key?: string | undefined;
  /** Of web pages that may call, with commas between them, or `*`. Absent: none but the system's own. */
  origins?: string | undefined;
  runners: number;
  /** For each runner, beside those that say where it works. */
  runnerFlags?: string[];
  /** The state folder goes when the system ends, however the front ended. */
  temporary: boolean;
}

export type HostOrder =
  | { order: 'start'; front: ProcessIdentity; options: HostOptions }
  /** Drain the runners, then end. */
  | { order: 'stop' }
  /** End at once. */
  | { order: 'kill' };

export type HostReport =
  | { report: 'ready'; url: string; key: string; runner_key: string }
  | { report: 'failed'; message: string }
  | { report: 'warning'; message: string };
