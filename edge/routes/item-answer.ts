/** Items as they are answered: the session is replayed here, since the queue has one thread and the Worker has many. */
import type { Item, SessionLinks, SessionView } from '../../contract/queue/item.ts';
import { redactedSession, sessionView, substitutedNodes } from '../../graph/session/view.ts';
import { BUILTIN_CATALOGUE } from '../catalogue.ts';
import type { WholeItem } from '../queue/item-reads.ts';

type ShownSession = NonNullable<WholeItem['session']>;

export function itemAnswer({ summary, session }: WholeItem): Item {
  if (!session) return { ...summary, session: redactedSession(), workflow: null };
  return { ...summary, session: shownSession(summary, session), workflow: session.workflow };
}

/** One whose replay breaks is shown by what is known of it, and by why: it must not cost its neighbours in a list. */
function shownSession(summary: WholeItem['summary'], session: ShownSession): SessionView | SessionLinks {
  try {
    const { session_id, field_values } = summary;
    const view =
      session.records && sessionView(session_id, session.graph, field_values, session.records, BUILTIN_CATALOGUE);
    return view ?? sessionLinks(summary, session);
  } catch (error) {
    return { ...redactedSession(), id: summary.session_id, replay_error: String(error) };
  }
}

function sessionLinks(
  { queue_id, item_id, session_id, field_values }: WholeItem['summary'],
  session: ShownSession,
): SessionLinks {
  const address = `/api/v1/queue/${queue_id}/i/${item_id}`;
  return {
    id: session_id,
    graph: {
      id: session_id,
      nodes: Object.fromEntries(substitutedNodes(session.graph, field_values)),
      edges: session.graph.edges,
    },
    invocations: session.invocations,
    links: { invocations: `${address}/invocations`, outputs: `${address}/outputs` },
  };
}
