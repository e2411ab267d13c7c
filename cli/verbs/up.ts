/** `up`: the whole system on this machine, until it is told to stop. */
import path from 'node:path';
import { LocalSystem } from '../../infra/local/system.ts';
import { DEFAULT_STATE } from '../connection-options.ts';
import { EXIT, InterruptedError, UsageError } from '../exit-code.ts';
import { aborted, listenForInterrupt } from '../interrupt.ts';
import { openTerminal, printJson } from '../terminal.ts';

export interface UpOptions {
  port: number;
  state: string;
  runners: number;
  key?: string;
  origins?: string;
  nodes?: string;
  namespace?: string;
  json?: boolean;
}

/** Stopping is how it is meant to end: a signal makes it end well, not with an error. */
export async function up(options: UpOptions): Promise<number> {
  const terminal = openTerminal(options);
  const { colors: c } = terminal;
  const interrupt = listenForInterrupt();
  const { port, state, runners, key, origins, nodes, namespace } = options;
  if ((nodes === undefined) !== (namespace === undefined))
    throw new UsageError('--nodes FOLDER and --namespace NAME belong together.');
  if (!options.json) terminal.line(`starting, with state in ${state} …`);
  let system: LocalSystem;
  try {
    system = await LocalSystem.start({
      port,
      state,
      runners,
      key,
      origins,
      runnerFlags: nodes && namespace ? ['--nodes', path.resolve(nodes), '--namespace', namespace] : [],
      temporary: false,
      signal: interrupt.signal,
      onWarning: (message) => terminal.line(c.yellow(message)),
    });
  } catch (error) {
    if (error instanceof InterruptedError) return EXIT.ok;
    throw error;
  }
  interrupt.urgent.addEventListener('abort', () => void system.kill());
  if (options.json) {
    printJson({
      url: system.url,
      key: system.key,
      runner_key: system.runner_key,
      state: system.state,
      pid: process.pid,
    });
  } else {
    const here = state === DEFAULT_STATE ? '' : ` --url ${system.url} --key ${system.key}`;
    terminal.line(`
  ${c.bold('switchyard')} is up, with ${runners} runner${runners === 1 ? '' : 's'}

  url         ${c.cyan(system.url)}
  key         ${system.key}
  runner key  ${system.runner_key}
  logs        ${system.state}/logs

  watch it    npx switchyard watch${here}
  run a graph npx switchyard run workflow.json --out outputs${here}
  add runners npx switchyard runner --url ${system.url} --key ${system.runner_key}${
    nodes === undefined ? '' : `\n  your nodes  npx switchyard nodes pending${here}; then approve each`
  }

  Ctrl-C stops it; what is pending stays.
`);
  }
  await Promise.race([aborted(interrupt.signal), system.ended]);
  if (!options.json) terminal.line('stopping …');
  await system.stop();
  return EXIT.ok;
}
