/** The public surface of the SDK. Inside the repository, import the file itself. */
export type { DownloadedAsset } from './assets.ts';
export type { NamedNode } from './catalogue.ts';
export { Client, createClient } from './client.ts';
export { ConnectionError, ProblemError, SwitchyardError, UnexpectedAnswerError } from './errors.ts';
export { EventStream, type EventStreamOptions } from './events/event-stream.ts';
export type { StreamFrame } from './events/stream-cursor.ts';
export type { ModelSource, PublishOptions } from './models.ts';
export { type BatchInput, type GraphInput, type ItemListQuery, QueueClient } from './queue.ts';
export type { ClientOptions } from './transport.ts';
