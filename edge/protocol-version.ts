/** The runner protocol's version is compared before anything else of a body is read: its shape may be another's. */
import { PROTOCOL_VERSION } from '../contract/version.ts';
import { ProblemError } from './problem.ts';

export function requireProtocol(document: unknown): void {
  const { protocol } = (document ?? {}) as { protocol?: unknown };
  // What is no number is a fault of the body, and its schema says so.
  if (typeof protocol !== 'number' || protocol === PROTOCOL_VERSION) return;
  throw new ProblemError(
    'upgrade_required',
    protocol < PROTOCOL_VERSION
      ? `The runner speaks protocol ${protocol}, this queue ${PROTOCOL_VERSION}: upgrade the runner.`
      : `The runner speaks protocol ${protocol}, this queue ${PROTOCOL_VERSION}: upgrade the edge, or run an older runner.`,
    { extra: { protocol: PROTOCOL_VERSION } },
  );
}
