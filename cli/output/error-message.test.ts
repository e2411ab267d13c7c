import { CommanderError } from 'commander';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { ConnectionError, ProblemError, UnexpectedAnswerError } from '../../client/errors.ts';
import type { ErrorCode } from '../../contract/error/codes.ts';
import { problem } from '../../contract/error/problem.ts';
import { EXIT, exitCodeOf, InterruptedError, UsageError } from '../exit-code.ts';
import { errorMessage } from './error-message.ts';

const refused = (code: ErrorCode, retryAfterMs: number | null = null) =>
  new ProblemError(
    problem(code, 'It says why.', {
      errors:
        code === 'validation_failed'
          ? [{ pointer: '/batch/graph/nodes/n1/a', code: 'missing', detail: 'Give it.' }]
          : [],
    }),
    retryAfterMs,
  );
const lines = (error: unknown) => errorMessage(error, pc.createColors(false));

test.each([
  [refused('unauthenticated'), EXIT.refused, /--key/],
  [refused('forbidden'), EXIT.refused, /keys current/],
  [refused('not_found'), EXIT.not_found, /switchyard list/],
  [refused('rate_limited', 2_000), EXIT.refused, /It may pass in 2\.0 s\./],
  [refused('queue_full'), EXIT.refused, /max_queue_size/],
  [refused('validation_failed'), EXIT.refused, /^ {2}\/batch\/graph\/nodes\/n1\/a {2}Give it\.$/m],
  [refused('internal'), EXIT.failed, /^It says why\.$/],
  [new ConnectionError('http://127.0.0.1:1', new Error('refused')), EXIT.unreachable, /switchyard up/],
  [new UnexpectedAnswerError(502, 'a proxy'), EXIT.failed, /a proxy/],
  [new UsageError('Not so.'), EXIT.usage, /^Not so\.$/],
  [new InterruptedError(), EXIT.interrupted, /^Interrupted\.$/],
  [new CommanderError(1, 'commander.unknownOption', 'no such option'), EXIT.usage, /no such option/],
  [new CommanderError(0, 'commander.helpDisplayed', 'help'), EXIT.ok, /help/],
  ['a text', EXIT.failed, /^a text$/],
])('%s ends with %d and says what to do', (error, code, text) => {
  expect(exitCodeOf(error)).toBe(code);
  expect(lines(error).join('\n')).toMatch(text);
});
