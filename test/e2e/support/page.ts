/** A page of documentation that says what to type: its fenced blocks, and a shell that runs them in order. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './command.ts';

export interface Block {
  /** `sh` is run, `text` is what the block before it prints; another language with a name is a file. */
  language: string;
  /** The word after the language: the name of a file, or how the block differs from others. */
  word: string;
  text: string;
  /** Of the block's first line in the page. */
  line: number;
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1] ?? '',
    word: found[2] ?? '',
    text: found[3] ?? '',
    line: text.slice(0, found.index).split('\n').length + 1,
  }));
}

/** What a page shows: `…` stands for anything in its line, and a line of it for any lines, or none. */
export function looksLike(shown: string): RegExp {
  const escaped = `${shown.trim()}\n`.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(/^…\n/gm, '(?:[^\\n]*\\n)*?').replaceAll('…', '[^\\n]*?')}$`);
}

export interface Ran {
  stdout: string;
  stderr: string;
  /** The commands that failed, each as bash tells it. */
  failed: string[];
}

/** One bash, in which variables, functions and the folder stay from block to block, as in a person's terminal. */
export class Shell {
  readonly #child: ChildProcess;
  readonly #scripts: string;
  readonly #output = { stdout: '', stderr: '' };
  #count = 0;
  #wake = () => {};
  #ended = false;

  /** `scripts` is a folder for the blocks themselves. */
  constructor(cwd: string, scripts: string, environment: Record<string, string>) {
    mkdirSync(scripts, { recursive: true });
    this.#scripts = scripts;
    this.#child = spawn('bash', ['--noprofile', '--norc'], { cwd, env: environment, stdio: 'pipe', detached: true });
    for (const name of ['stdout', 'stderr'] as const)
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text;
        this.#wake();
      });
    this.#child.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async run(block: string): Promise<Ran> {
    const name = path.join(this.#scripts, `block-${++this.#count}.sh`);
    const end = `end-of-block-${this.#count}`;
    writeFileSync(name, block);
    this.#output.stdout = '';
    this.#output.stderr = '';
    // A command that reads its input must not read the next block.
    this.#child.stdin?.write(
      `trap 'printf "\\nfailed: %s\\n" "$BASH_COMMAND" >&2' ERR\n. ${name} < /dev/null\ntrap - ERR\n` +
        `printf '\\n%s\\n' ${end}; printf '\\n%s\\n' ${end} >&2\n`,
    );
    const done = `\n${end}\n`;
    while (!this.#output.stdout.endsWith(done) || !this.#output.stderr.endsWith(done)) {
      if (this.#ended) throw new Error(`The shell ended:\n${this.#output.stdout}${this.#output.stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const [stdout, stderr] = [this.#output.stdout, this.#output.stderr].map((text) => text.slice(0, -done.length));
    const failed = [...(stderr ?? '').matchAll(/^failed: (.*)$/gm)].map(([, command = '']) => command);
    return { stdout: stdout ?? '', stderr: stderr ?? '', failed };
  }

  /** Ends it and everything that it started. */
  close(): void {
    if (this.#ended || this.#child.pid === undefined) return;
    process.kill(-this.#child.pid, 'SIGKILL');
  }
}
