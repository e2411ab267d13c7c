/**
 * Regular expressions that users write. They run on RE2's algorithm (re2js), whose time grows with the text's length
 * times the expression's size, and never on V8's, where `(a+)+$` takes longer than anybody waits. It is imported when
 * the first one is needed, so that listing the nodes does not load it.
 */
import { parseReplacement } from './replacement.ts';
import { refuseLongText } from './text.ts';

/**
 * Steps of one search, as characters times the size of the compiled expression: within a few seconds nothing can be
 * canceled. A step also copies where each group stands, which is about a tenth of its cost for each group.
 */
const SEARCH_STEPS_MAX = 3e7;
const GROUP_STEPS = 0.1;

/** Milliseconds for all matches of one text: each may look at all that follows it, which makes a square. */
const REPLACE_MILLISECONDS_MAX = 10_000;

/** Milliseconds of work after which a cancel is listened to. */
const CHECKPOINT_MILLISECONDS = 20;

/**
 * Every match of `pattern` (RE2's syntax) in `text`, replaced by `replacement` (see replacement.ts). Throws on a faulty
 * pattern or replacement, and on work or a result that is too large.
 */
export async function replaceMatches(
  text: string,
  pattern: string,
  replacement: string,
  checkpoint: () => Promise<void>,
): Promise<string> {
  const { RE2JS, RE2JSException } = await import('re2js');
  let expression: InstanceType<typeof RE2JS>;
  try {
    expression = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new SyntaxError(`search_string is no regular expression of RE2: ${error.message}`);
  }
  const stepsPerCharacter = expression.programSize() * (1 + GROUP_STEPS * expression.groupCount());
  if (stepsPerCharacter * text.length > SEARCH_STEPS_MAX)
    throw new RangeError('the regular expression is too large for a text of this length: shorten one of them');

  const parts = parseReplacement(replacement, expression.groupCount(), expression.namedGroups());
  const matcher = expression.matcher(text);
  const deadline = performance.now() + REPLACE_MILLISECONDS_MAX;
  let pause = performance.now() + CHECKPOINT_MILLISECONDS;
  const pieces: string[] = [];
  let length = 0;
  let end = 0;
  const add = (piece: string) => {
    length += piece.length;
    refuseLongText(length);
    pieces.push(piece);
  };
  while (matcher.find()) {
    add(text.slice(end, matcher.start()));
    for (const part of parts) add(typeof part === 'string' ? part : (matcher.group(part) ?? ''));
    end = matcher.end();
    if (performance.now() < pause) continue;
    await checkpoint();
    if (performance.now() > deadline)
      throw new RangeError('the regular expression takes too long on this text: make it simpler, or the text shorter');
    pause = performance.now() + CHECKPOINT_MILLISECONDS;
  }
  add(text.slice(end));
  return pieces.join('');
}
