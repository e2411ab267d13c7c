/** What the runners say of invocations while a session runs. @pure */
import type { EventPayload } from '../../contract/event/registry.ts';
import { isFinal } from '../../contract/queue/status.ts';
import { knownItem } from './item-state.ts';
import { heard, type InvocationNews } from './node-state.ts';
import { keepAndRead, READS_MAX, settled } from './reads.ts';
import { tellFailure, tellResult } from './results.ts';
import { scopeOf } from './scope.ts';
import { isShown } from './shown-result.ts';
import type { Turn } from './turn.ts';

type Names = 'invocation_started' | 'invocation_progress' | 'invocation_complete' | 'invocation_error';
type InvocationEvent = { [Name in Names]: { name: Name } & EventPayload<Name> }[Names];

export function invocationHeard(turn: Turn, event: InvocationEvent, sequence: number): void {
  const { item_id, origin, invocation_id } = event;
  const { type, is_intermediate } = event.invocation;
  const shown = event.name === 'invocation_complete' && isShown({ type, is_intermediate, result: event.result });
  if (scopeOf(turn.state.viewer, event.user_id) !== 'own') {
    if (shown) turn.tell({ type: 'stale', item_ids: [item_id] });
    return;
  }
  const item = knownItem(turn, event);
  if (item !== null) {
    const { item: now, verdict } = heard(item, newsOf(event, type, sequence));
    if (verdict === 'unclear') {
      // A read that is under way has it, when the item is final; one that goes on is read at its end.
      const isDue = isFinal(now.status) && now.reading === null;
      keepAndRead(turn, { ...now, whole: false, reads: isDue ? 0 : READS_MAX });
    } else if (verdict === 'applied' || turn.item(item_id) === undefined) {
      // What is final and whole keeps no invocations, also those that came late.
      keepAndRead(turn, isFinal(now.status) ? settled(turn, now) : now);
    }
  }
  // Whatever the item's state says of it, and whichever item is looked at.
  if (event.name === 'invocation_error') {
    const { error_type, error_message, error_traceback } = event;
    tellFailure(
      turn,
      { item_id, invocation_id, origin, error: { error_type, error_message, error_traceback } },
      sequence,
    );
  } else if (shown && event.name === 'invocation_complete')
    tellResult(turn, { item_id, invocation_id, type, result: event.result }, sequence);
}

function newsOf(event: InvocationEvent, type: string, sequence: number): InvocationNews {
  const about = { invocation_id: event.invocation_id, type, sequence };
  switch (event.name) {
    case 'invocation_started':
      return { ...about, kind: 'started' };
    case 'invocation_progress':
      return { ...about, kind: 'progress', percentage: event.percentage, message: event.message, image: event.image };
    case 'invocation_complete':
      return { ...about, kind: 'complete', result: event.result };
    case 'invocation_error': {
      const { error_type, error_message, error_traceback } = event;
      return { ...about, kind: 'error', error: { error_type, error_message, error_traceback } };
    }
  }
}
