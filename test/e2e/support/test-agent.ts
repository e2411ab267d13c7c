/** A real agent with a real device child, whose node calls are counted, for a test to kill. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { AgentProcessOptions } from '../../support/agent-process.ts';
import type { NodeCall } from '../../support/counted-nodes.ts';
import { Command, ROOT } from './command.ts';

const SCRIPT = path.join(ROOT, 'test/support/agent-process.ts');

export interface TestAgentOptions {
  system: { url: string; runner_key: string };
  queue: string;
  /** Its disk. */
  cache: string;
  /** The file of calls (counted-nodes.ts). */
  calls: string;
  nodeMs?: number;
  agent?: AgentProcessOptions;
  /** Put before the command, as in ['prlimit', '--fsize=1000']. */
  under?: string[];
}

export class TestAgent extends Command {
  constructor({ system, queue, cache, calls, nodeMs = 0, agent = {}, under = [] }: TestAgentOptions) {
    const args = ['--disable-warning=ExperimentalWarning', SCRIPT, system.url, system.runner_key, queue, cache];
    const [command = '', ...rest] = [...under, process.execPath, ...args];
    super(command, rest, {
      SWITCHYARD_TEST_CALLS: calls,
      SWITCHYARD_TEST_NODE_MS: String(nodeMs),
      SWITCHYARD_TEST_AGENT: JSON.stringify({ child: 'counted-child.ts', ...agent }),
    });
  }

  /** The process of its device, when there is one. */
  get device(): number | undefined {
    try {
      const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'latin1');
      return children.trim() === '' ? undefined : Number(children.trim().split(' ').at(-1));
    } catch {
      return undefined;
    }
  }
}

export function nodeCalls(file: string): NodeCall[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // The last one is empty, or still being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as NodeCall);
}
