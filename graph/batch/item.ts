/** The values that one field takes: all of one type, and each as its field wants it. */
import type { InputField } from '../../contract/graph/catalogue.ts';
import { VALUE_BYTES_MAX } from '../../contract/limits.ts';
import type { BatchValue } from '../../contract/queue/batch.ts';
import { jsonBytesExceed } from '../bytes.ts';
import type { FaultList, Path } from '../faults.ts';
import { LiteralCheck } from '../literal.ts';

type Kind = 'a string' | 'a number' | 'true or false' | 'a list' | 'an image';

function kindOf(value: BatchValue): Kind {
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return 'true or false';
  return Array.isArray(value) ? 'a list' : 'an image';
}

/** Answers the values with their defaults, `items` itself when none had any; without an input only the types are judged. */
export function checkItems(
  items: readonly BatchValue[],
  input: InputField | undefined,
  path: Path,
  faults: FaultList,
): BatchValue[] {
  const check = input && new LiteralCheck(input);
  const first = items[0] === undefined ? undefined : kindOf(items[0]);
  let judged = items as BatchValue[];
  let isMixed = false;
  for (let index = 0; index < items.length && !faults.isFull; index++) {
    const value = items[index] as BatchValue;
    if (!isMixed && kindOf(value) !== first) {
      isMixed = true;
      faults.add(
        [...path, index],
        'batch_mixed_types',
        `All items must have the same type: the first is ${first}, this is ${kindOf(value)}.`,
      );
    }
    if (jsonBytesExceed(value, VALUE_BYTES_MAX))
      faults.add([...path, index], 'too_large', `A value has at most ${VALUE_BYTES_MAX} bytes; put it into an asset.`);
    if (check === undefined) continue;
    const evaluation = check.evaluate(value);
    for (const fault of evaluation.faults) faults.add([...path, index, ...fault.path], fault.code, fault.detail);
    if (evaluation.value === value) continue;
    if (judged === items) judged = [...items];
    judged[index] = evaluation.value as BatchValue;
  }
  return judged;
}
