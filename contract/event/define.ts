/** How an event is declared: its name, its payload, whether the log keeps it, and how to build it. */
import { z } from 'zod';
import { QueueId, Timestamp } from '../names.ts';

/**
 * Around every event of a stream. `sequence` is gap-free in the queue; `prev` is the sequence before it in this
 * stream, so that a filtered stream shows gaps too. Ephemeral events carry neither: they are never replayed.
 */
const Stamp = { timestamp: Timestamp, queue_id: QueueId };
const Numbers = { sequence: z.int().min(1), prev: z.int().min(0) };

export interface EventDefinition<Name extends string, Shape extends z.core.$ZodShape, Args extends unknown[]> {
  name: Name;
  /** Kept in the log and replayed; otherwise broadcast only. */
  durable: boolean;
  /** The payload alone. */
  payload: z.ZodObject<Shape>;
  /** The whole frame as it stands on a socket. */
  frame: z.ZodType;
  /** The payload from domain objects. */
  build: (...args: Args) => z.infer<z.ZodObject<Shape>>;
}

export function defineEvent<Name extends string, Shape extends z.core.$ZodShape, Args extends unknown[]>(definition: {
  name: Name;
  description: string;
  durable: boolean;
  payload: z.ZodObject<Shape>;
  build: (...args: Args) => z.infer<z.ZodObject<Shape>>;
}): EventDefinition<Name, Shape, Args> {
  const { name, durable, payload, build, description } = definition;
  const id = `${name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())}Event`;
  const frame = z
    .object({ ...(durable ? Numbers : {}), name: z.literal(name), ...Stamp, ...payload.shape })
    .meta({ id, description });
  return { name, durable, payload, frame, build };
}
