/** The public surface of the SDK. Inside the repository, import the file itself. */
export type { AssetClient, DownloadedAsset, ReadOptions, UploadOptions } from './assets.ts';
export type { CatalogueClient, NamedNode } from './catalogue.ts';
export { Client, createClient, type Health } from './client.ts';
export { ConnectionError, ProblemError, SwitchyardError, UnexpectedAnswerError } from './errors.ts';
export { EventStream, type EventStreamOptions } from './events/event-stream.ts';
export type { StreamFrame } from './events/stream-cursor.ts';
export type { InvocationCacheClient } from './invocation-cache.ts';
export type { KeyClient } from './keys.ts';
export type { ModelClient, ModelSource, PublishOptions, VersionOptions } from './models.ts';
export {
  AuthenticationError,
  ConflictError,
  CursorExpiredError,
  ForbiddenError,
  NotFoundError,
  QueueFullError,
  RateLimitedError,
  ServiceError,
  TooLargeError,
  UpgradeRequiredError,
  ValidationError,
} from './problems.ts';
export { type BatchInput, type GraphInput, type ItemListQuery, QueueClient } from './queue.ts';
export type { BatchSource } from './queue-change.ts';
export type { ItemFilter, Outputs, WaitOptions } from './queue-look.ts';
export type { QueuesClient } from './queues.ts';
export type { OnReceived } from './receive.ts';
export type { GraphSource, PlainGraph } from './run/graph-source.ts';
export type { Bytes, OnSent } from './send-bytes.ts';
export type { ClientOptions, Options } from './transport.ts';
