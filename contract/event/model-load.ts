import { z } from 'zod';
import { ModelKey } from '../names.ts';
import { defineEvent } from './define.ts';
import { type ItemEventPayload, ItemEventShape, itemEvent } from './item-event.ts';

const ModelLoad = z.object({
  ...ItemEventShape,
  config: z.object({ key: ModelKey, hash: z.string(), type: z.string() }),
  submodel_type: z.string().nullable(),
});

export interface LoadedModel {
  model: { key: string; hash: string; type: string };
  submodel_type: string | null;
}

const build = (item: ItemEventPayload, { model, submodel_type }: LoadedModel) => ({
  ...itemEvent(item),
  config: model,
  submodel_type,
});

export const ModelLoadStarted = defineEvent({
  name: 'model_load_started',
  description: 'A session waits for a model to be brought into memory. Ephemeral.',
  durable: false,
  payload: ModelLoad,
  build,
});

export const ModelLoadComplete = defineEvent({
  name: 'model_load_complete',
  description: 'The model that a session waited for is in memory. Ephemeral.',
  durable: false,
  payload: ModelLoad,
  build,
});
