/** The options of whatever enqueues a file: what is changed in it, and what becomes of it. */
import { type Command, InvalidArgumentError } from 'commander';
import { BATCH_ITEMS_MAX } from '../../contract/limits.ts';
import { parseMoment } from '../batch/moment.ts';
import { gather, number, wholeNumber } from './define.ts';

const PRIORITY_MAX = 1_000_000;
const RUN_SECONDS_MAX = 604_800;

const moment = (text: string): string => {
  const time = parseMoment(text, Date.now());
  if (time !== null) return time;
  throw new InvalidArgumentError('A time is like 2026-11-21T08:00, or like 10m for ten minutes from now.');
};

export const addBatchOptions = (command: Command): Command =>
  command
    .option(
      '--set <node.field=value>',
      'change a field (repeatable); a list a,b or a range 1..100 or 0..1:0.1 makes a batch; @photo.png or @folder ' +
        'uploads, @prompts.txt is a list of lines; "quotes" keep commas; node.field:=JSON takes JSON; the node may be ' +
        'left out where only one has the field',
      gather,
    )
    .option('--zip <fields>', 'of --set: a.x,b.y vary in step instead of each with each (repeatable)', gather)
    .option('--runs <count>', 'times that everything is run', wholeNumber(1, BATCH_ITEMS_MAX))
    .option('--priority <number>', 'higher runs first, of your own', wholeNumber(-PRIORITY_MAX, PRIORITY_MAX))
    .option('--origin <text>', 'where it comes from, to find it again (default: cli)')
    .option('--destination <text>', 'where it goes, to find or cancel it by')
    .option('--start-after <time>', 'not before: a time, or 10m for ten minutes from now', moment)
    .option('--deadline <time>', 'what is not finished by then fails', moment)
    .option('--max-run-seconds <seconds>', 'how long one session may run', number(1, RUN_SECONDS_MAX));
