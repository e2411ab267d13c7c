/** Memory of a process as the system sees it. */
import { execFileSync } from 'node:child_process';

/** Its resident size in MB (10⁶ bytes). */
export function residentMB(pid: number): number {
  const kib = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
  return (kib * 1024) / 1e6;
}
