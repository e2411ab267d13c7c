/** Items as they are answered: the session is replayed here, since the queue has one thread and the Worker has many. */
import type { Catalogue } from '../../contract/graph/catalogue.ts';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { Item, SessionLinks, SessionView } from '../../contract/queue/item.ts';
import { redactedSession, sessionView, substitutedNodes } from '../../graph/session/view.ts';
import { pinnedCatalogues } from '../catalogue.ts';
import type { AppContext } from '../env.ts';
import type { WholeItem } from '../queue/item-reads.ts';

type ShownSession = NonNullable<WholeItem['session']>;

/** How items of these graphs are answered. */
export async function answersOf(c: AppContext, graphs: readonly PinnedGraph[]): Promise<(item: WholeItem) => Item> {
  const catalogueOf = await pinnedCatalogues(c.env, graphs, Date.now());
  return ({ summary, session }) => {
    if (!session) return { ...summary, session: redactedSession(), workflow: null };
    return {
      ...summary,
      session: shownSession(summary, session, catalogueOf(session.graph)),
      workflow: session.workflow,
    };
  };
}

export async function itemAnswer(c: AppContext, item: WholeItem): Promise<Item> {
  return (await answersOf(c, item.session ? [item.session.graph] : []))(item);
}

/** One whose replay breaks is shown by what is known of it, and by why: it must not cost its neighbours in a list. */
function shownSession(
  summary: WholeItem['summary'],
  session: ShownSession,
  catalogue: Catalogue,
): SessionView | SessionLinks {
  try {
    const { session_id, field_values } = summary;
    const view = session.records && sessionView(session_id, session.graph, field_values, session.records, catalogue);
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
