/** What may stand where a person is typing, by the definitions of the commands. @pure */
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  value: string;
  description: string;
}

/** Values that only the service, or a file of this machine, knows. */
export type Source =
  | 'queues'
  | 'items'
  | 'open_items'
  | 'ended_items'
  | 'batches'
  | 'destinations'
  | 'runners'
  | 'keys'
  | 'node_types'
  | 'custom_nodes'
  | 'models'
  | 'settings'
  | 'fields';

export interface Completion {
  /** `source` has values to offer beside `candidates`; `files`: the shell knows those best. */
  source: Source | 'files' | null;
  candidates: Candidate[];
  /** What stands before each value in the word that is typed: `--status=`. */
  prefix: string;
  /** Options that were given a value, by their long names without dashes. */
  given: ReadonlyMap<string, string>;
  /** Arguments that were given. */
  operands: readonly string[];
}

/** By the path of the command and the name of the argument. */
export const ARGUMENT_SOURCES: Record<string, Source> = {
  'get id': 'items',
  'position id': 'open_items',
  'move id': 'open_items',
  'priority id': 'open_items',
  'cancel ids': 'open_items',
  'retry ids': 'ended_items',
  'runners drain runner': 'runners',
  'queues show id': 'queues',
  'queues set id': 'queues',
  'queues delete id': 'queues',
  'keys rotate key': 'keys',
  'keys revoke key': 'keys',
  'nodes show type': 'node_types',
  'nodes approve node': 'custom_nodes',
  'nodes reject node': 'custom_nodes',
  'models show key': 'models',
  'models remove key': 'models',
};

/** By the long name of the option, and where that is not enough by the path of its command too. */
export const OPTION_SOURCES: Record<string, Source | null> = {
  queue: 'queues',
  queues: 'queues',
  batch: 'batches',
  destination: 'destinations',
  before: 'open_items',
  after: 'open_items',
  item: 'items',
  'run set': 'fields',
  'enqueue set': 'fields',
  'queues create set': 'settings',
  'queues set set': 'settings',
  // It names a new one.
  'enqueue batch': null,
};

const FILES = /^(?:file|folder|path)s?$/;

/** `words` are those behind the command's own name; the last is being typed. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const typed = words.at(-1) ?? '';
  const walk = new Walk(program);
  for (const word of words.slice(0, -1)) walk.take(word);
  const context = { given: walk.given, operands: walk.operands };
  const nothing = { source: null, candidates: [], prefix: '', ...context };
  if (walk.awaited) return { ...nothing, ...valuesOf(walk.path, walk.awaited) };
  const [, long = '', inline] = /^--([^=]+)(=)?/.exec(typed) ?? [];
  if (inline && !walk.literal) {
    const option = walk.options().find((each) => each.long === `--${long}`);
    return option ? { ...nothing, ...valuesOf(walk.path, option), prefix: `--${long}=` } : nothing;
  }
  if (typed.startsWith('-') && !walk.literal)
    return {
      ...nothing,
      candidates: walk
        .options()
        .filter((option) => walk.mayGive(option))
        .map(optionCandidate),
    };
  const subcommands = walk.operands.length === 0 ? walk.subcommands() : [];
  const argument = walk.argument();
  const values = argument === undefined ? null : valuesOf(walk.path, argument);
  return { ...nothing, ...values, candidates: [...subcommands, ...(values?.candidates ?? [])] };
}

const optionCandidate = ({ long, short, description }: Option): Candidate => ({
  value: long ?? short ?? '',
  description,
});

function valuesOf(path: string, of: Option | Argument): Pick<Completion, 'source' | 'candidates'> {
  const candidates = (of.argChoices ?? []).map((value) => ({ value, description: '' }));
  if (candidates.length > 0) return { source: null, candidates };
  const isOption = 'flags' in of;
  const placeholder = isOption ? (/[<[]([^\]>.]+)/.exec(of.flags)?.[1] ?? '') : of.name();
  const name = isOption ? of.name() : placeholder;
  const key = `${path} ${name}`;
  const named = isOption ? (key in OPTION_SOURCES ? OPTION_SOURCES[key] : OPTION_SOURCES[name]) : ARGUMENT_SOURCES[key];
  return { source: named ?? (FILES.test(placeholder) ? 'files' : null), candidates };
}

/** Reads what was typed before, word by word. */
class Walk {
  readonly given = new Map<string, string>();
  readonly operands: string[] = [];
  /** The option whose value the next word is. */
  awaited: Option | null = null;
  /** Behind `--` nothing is an option. */
  literal = false;
  #command: Command;

  constructor(program: Command) {
    this.#command = program;
  }

  take(word: string): void {
    if (this.awaited) {
      this.given.set(this.awaited.name(), word);
      this.awaited = null;
    } else if (word === '--' && !this.literal) this.literal = true;
    else if (word.startsWith('-') && word !== '-' && !this.literal) this.#takeOption(word);
    else if (this.operands.length > 0 || !this.#enter(word)) this.operands.push(word);
  }

  #takeOption(word: string): void {
    const equals = word.indexOf('=');
    const flag = equals < 0 ? word : word.slice(0, equals);
    const option = this.options().find(({ long, short }) => flag === long || flag === short);
    if (option === undefined) return;
    if (equals >= 0) this.given.set(option.name(), word.slice(equals + 1));
    else if (option.required) this.awaited = option;
    else this.given.set(option.name(), '');
  }

  #enter(word: string): boolean {
    const found = this.#command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (found === undefined) return false;
    this.#command = found;
    return true;
  }

  /** Of the command, as it is typed: `queues show`. */
  get path(): string {
    const names: string[] = [];
    for (let command: Command | null = this.#acting(); command?.parent; command = command.parent)
      names.unshift(command.name());
    return names.join(' ');
  }

  /** What acts when no subcommand is named. */
  #acting(): Command {
    const name = defaultOf(this.#command);
    return this.#command.commands.find((each) => each.name() === name) ?? this.#command;
  }

  options(): Option[] {
    const acting = this.#acting();
    return [...acting.createHelp().visibleOptions(acting)];
  }

  /** Whether it makes sense once more, by what its help says. */
  mayGive(option: Option): boolean {
    return !this.given.has(option.name()) || option.description.includes('(repeatable)');
  }

  subcommands(): Candidate[] {
    return this.#command
      .createHelp()
      .visibleCommands(this.#command)
      .map((each) => ({ value: each.name(), description: each.description() }));
  }

  argument(): Argument | undefined {
    const all = this.#acting().registeredArguments;
    const last = all.at(-1);
    return all[this.operands.length] ?? (last?.variadic ? last : undefined);
  }
}

/** Commander keeps it to itself. */
const defaultOf = (command: Command): string | null =>
  (command as unknown as { _defaultCommandName: string | null })._defaultCommandName;
