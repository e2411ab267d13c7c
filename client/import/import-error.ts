/** What is thrown about a document that is none of InvokeAI's, and nothing else is. @pure */
import { pointer } from '../../contract/error/problem.ts';
import { SwitchyardError } from '../errors.ts';

/** `pointer` says where in the document, as a JSON Pointer. */
export class ImportError extends SwitchyardError {
  override name = 'ImportError';
  readonly pointer: string;

  constructor(path: readonly (string | number)[] | string, detail: string) {
    const at = typeof path === 'string' ? path : pointer(path);
    super(at === '' ? detail : `${at}: ${detail}`);
    this.pointer = at;
  }
}
