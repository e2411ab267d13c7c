/** What the definitions of commands share. They are cheap to load: what a verb does is imported when it is called. */
import { type Command, InvalidArgumentError } from 'commander';
import { addConnectionOptions } from '../connection-options.ts';

/** A command ends with the exit code that its verb returns. */
export const ends =
  <Args extends unknown[]>(verb: (...args: Args) => Promise<number>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await verb(...args);
  };

/** Parses an option's whole number. */
export const wholeNumber = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`);
};

/** Parses an option's number, which may have a fraction. */
export const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`A number from ${least} to ${most} is needed.`);
};

/** Gathers an option that may be given several times. */
export const gather = (text: string, before: string[] = []): string[] => [...before, text];

/** A command that talks to a service, and prints one line of JSON when asked. */
export const remote = (command: Command, json = 'print the result as one line'): Command =>
  addConnectionOptions(command.option('--json', json));

/** A line in the help of the command that shows how it is used. */
export const example = (command: Command, line: string): Command => command.addHelpText('after', exampleText(line));

export const exampleText = (line: string): string => `\nExample:\n  ${line}`;
