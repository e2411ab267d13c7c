/** How following a run can end other than well. */
import { SwitchyardError } from '../errors.ts';

/** The caller's signal fired. What was enqueued was to be canceled; `canceled` says whether the service confirmed it. */
export class RunAbortedError extends SwitchyardError {
  override name = 'RunAbortedError';
  readonly canceled: boolean;

  constructor(canceled: boolean, cause: unknown) {
    super(canceled ? 'Aborted; the run was canceled.' : 'Aborted; the run could not be canceled and may go on.', {
      cause,
    });
    this.canceled = canceled;
  }
}
