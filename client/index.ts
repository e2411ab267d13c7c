/** The public surface of the SDK. Inside the repository, import the file itself. */
export { ERROR_CODES, type ErrorCode, FAULT_CODES, type FaultCode } from '../contract/error/codes.ts';
export type { Fault, Problem } from '../contract/error/problem.ts';
export type { EventName, EventPayload, QueueEvent } from '../contract/event/registry.ts';
export type { StreamHello, StreamLive, StreamSnapshot } from '../contract/event/stream.ts';
export type { Catalogue, InputField, NodeType, OutputField } from '../contract/graph/catalogue.ts';
export type { CustomNode, CustomNodeStatus } from '../contract/graph/custom-node.ts';
export type { Graph, GraphEdge, NodeOutput, SourceNode } from '../contract/graph/graph.ts';
export { DEFAULT_QUEUE_ID, SYSTEM_USER_ID } from '../contract/known-names.ts';
export * as limits from '../contract/limits.ts';
export type {
  BatchDatum,
  BatchValue,
  EnqueueBatchResult,
  EnqueueGraphResult,
  NodeFieldValue,
} from '../contract/queue/batch.ts';
export type { Capacity } from '../contract/queue/capacity.ts';
export type { InvocationCacheStatus } from '../contract/queue/invocation-cache.ts';
export type {
  InvocationRecord,
  Item,
  ItemIdsResult,
  ItemPage,
  ItemSummary,
  SessionLinks,
  SessionView,
} from '../contract/queue/item.ts';
export type { ItemPosition, MoveItemBody } from '../contract/queue/order.ts';
export type {
  BatchStatus,
  CanceledResult,
  CountsByDestination,
  DeletedResult,
  ProcessorStatus,
  Queue,
  QueueAndProcessorStatus,
  QueueSettings,
  QueueStatus,
  RetryResult,
  RunnerView,
} from '../contract/queue/queue.ts';
export type { ItemLogs, ItemStats } from '../contract/queue/statistics.ts';
export { isFinal, STATUS_NAMES, type Status } from '../contract/queue/status.ts';
export type { StatusCounts } from '../contract/queue/status-counts.ts';
export type { ProgressImage } from '../contract/runner/socket.ts';
export type { AssetView } from '../contract/store/asset.ts';
export type { AuditEntry } from '../contract/store/audit.ts';
export type { CreateKeyResult, CurrentKey, KeyView, RateLimit, Scope } from '../contract/store/key.ts';
export type { Model, ModelFile } from '../contract/store/model.ts';
export type { AssetClient, DownloadedAsset, ReadOptions, UploadOptions } from './assets.ts';
export type { CatalogueClient, NamedNode } from './catalogue.ts';
export { Client, createClient, type Health } from './client.ts';
export { ConnectionError, ProblemError, SwitchyardError, UnexpectedAnswerError } from './errors.ts';
export { EventStream, type EventStreamOptions } from './events/event-stream.ts';
export type { StreamFrame } from './events/stream-cursor.ts';
export { GraphBuilder, type GraphOptions, graph } from './graph/builder.ts';
export { checkBatch, checkGraph } from './graph/check.ts';
export {
  GraphEditError,
  GraphEditor,
  InvalidEdgeError,
  InvalidGraphError,
  InvalidNodeError,
  NodeAlreadyInGraphError,
  type NodeInput,
  NodeNotFoundError,
  NodeTypeError,
  resolveOutlets,
} from './graph/edit.ts';
export type {
  AddedNode,
  CollectNode,
  IfNode,
  IterateNode,
  NodeOptions,
  NodeShape,
  NodeShapes,
  Takes,
} from './graph/handle.ts';
export { GraphError } from './graph/literal.ts';
export type { NodeTypes } from './graph/node-types.generated.ts';
export type { Flow, Port } from './graph/output.ts';
export type { ResultOf } from './graph/result.ts';
export { later } from './graph/value.ts';
export { type BatchOptions, batch, product, range, type Variation, vary, zip } from './graph/vary.ts';
export type * from './graph/vocabulary.ts';
export {
  ImportError,
  type Imported,
  type ImportOptions,
  importInvokeai,
  readSaved,
  type SavedFile,
  type SavedSource,
  type Unmapped,
} from './import/invokeai.ts';
export type { InvocationCacheClient } from './invocation-cache.ts';
export type { KeyClient } from './keys.ts';
export type { KeptStorage } from './mirror/kept-state.ts';
export type { MirrorError, MirrorEvents, MirrorOptions, QueueMirror } from './mirror/queue-mirror.ts';
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
export type { BatchTally, EndedItem, RunningSession } from './run/batch-tally.ts';
export {
  OutputMissingError,
  RunAbortedError,
  RunCanceledError,
  RunFailedError,
  RunTimedOutError,
  SeveralOutputsError,
} from './run/errors.ts';
export type { GraphSource, PlainGraph } from './run/graph-source.ts';
export type { BatchWatcher } from './run/run-batch.ts';
export type { RunOptions, RunProgress } from './run/run-graph.ts';
export type { RunResult } from './run/run-result.ts';
export type { Bytes, OnSent } from './send-bytes.ts';
export type { Gallery, GalleryEntry } from './state/gallery.ts';
export type { ItemState, NodeResult, NodeState, NodeStatus, QueueState } from './state/queue-state.ts';
export {
  activeItems,
  type ItemFilter as ShownFilter,
  type ItemProgress,
  isBusy,
  nodesOf,
  progressOf,
  shownItem,
} from './state/selectors.ts';
export type { ClientOptions, Options } from './transport.ts';
