/** The base payloads that the anchor calls QueueItemEvent and InvocationEvent. */
import { z } from 'zod';
import { GraphNode } from '../graph/graph.ts';
import { InvocationId } from '../names.ts';
import { ItemIdentity } from '../queue/item.ts';

/** The queue's id stands in the envelope. */
export const ItemEventShape = ItemIdentity.omit({ queue_id: true }).shape;

export const InvocationEventShape = {
  ...ItemEventShape,
  invocation: GraphNode.describe('the submitted node with its batch substitutions'),
  invocation_id: InvocationId,
  invocation_source_id: z.string(),
};

export type ItemEventPayload = Omit<ItemIdentity, 'queue_id'>;

/** One prepared node of a session, as events name it. */
export interface InvocationIdentity {
  invocation_id: string;
  invocation_source_id: string;
  invocation: GraphNode;
}

export const itemEvent = ({
  item_id,
  batch_id,
  session_id,
  origin,
  destination,
  user_id,
}: ItemEventPayload): ItemEventPayload => ({
  item_id,
  batch_id,
  session_id,
  origin,
  destination,
  user_id,
});

export const invocationEvent = (item: ItemEventPayload, invocation: InvocationIdentity) => ({
  ...itemEvent(item),
  invocation: invocation.invocation,
  invocation_id: invocation.invocation_id,
  invocation_source_id: invocation.invocation_source_id,
});
