/**
 * Spans of what a device does, made from what it says anyway: entries, assets, and reports of models that load. So
 * devices need not know of tracing, and pay nothing for it.
 */
import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { z } from 'zod';
import type { PinnedGraph } from '../../contract/graph/graph.ts';
import type { CallbackKind } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { ModelLoadReport } from '../../contract/runner/socket.ts';

/** Invocations of one session that have spans: a trace of more is read by nobody, and holds up those of others. */
const INVOCATIONS_MAX = 1_000;

/** The part of a holding that a span says. */
export interface Traced {
  ticket: number;
  grant: Grant;
}

interface Running {
  item_id: number;
  fence: number;
  span: Span;
  context: Context;
  /** No child begins before: the device's clock and the agent's read may differ by a millisecond. */
  from: number;
  types: ReadonlyMap<string, string>;
  invocation: { id: string; span: Span; context: Context } | null;
  invocations: number;
  /** By the model's key. */
  loads: Map<string, Span>;
}

export interface SessionSpansParts {
  tracer: Tracer;
  queue_id: string;
  now: () => number;
}

const OUTCOMES = {
  session_complete: 'completed',
  session_failed: 'failed',
  session_stopped: 'canceled',
  session_released: 'released',
} as const satisfies Partial<Record<CallbackKind, string>>;

/** How a report of a model begins, as a device writes it: progress is many, and is not read for this. */
const MODEL_REPORT = '{"report":"model_load';

const isOutcome = (kind: CallbackKind): kind is keyof typeof OUTCOMES => kind in OUTCOMES;

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The span that the edge gave to the call that enqueued the item. */
function remoteParent(traceparent: string | null): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** The node of an invocation, whose id is the node's and the path of its iteration. */
const sourceOf = (invocation_id: string): string => invocation_id.split('#', 1)[0] ?? invocation_id;

interface Failure {
  error_type: string;
  error_message: string;
}

function failed(span: Span, { error_type, error_message }: Failure): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: error_message });
  span.setAttribute('error.type', error_type);
}

/** What is read of an entry here. */
const Said = z.object({
  device: z.string().optional(),
  invocation_id: z.string().optional(),
  at: z.string().optional(),
  started_at: z.string().optional(),
  seconds: z.number().optional(),
  cached: z.boolean().optional(),
  error: z.object({ error_type: z.string(), error_message: z.string() }).optional(),
});
type Said = z.infer<typeof Said>;

export class SessionSpans {
  readonly #parts: SessionSpansParts;
  readonly #running = new Map<number, Running>();
  /** By the asset's name. */
  readonly #uploads = new Map<string, Span>();

  constructor(parts: SessionSpansParts) {
    this.#parts = parts;
  }

  /** An entry on its way to the queue, as JSON. */
  entry(held: Traced, kind: CallbackKind, json: string, graph: PinnedGraph | undefined): void {
    // It says much, and nothing that is traced.
    if (kind === 'session_report') return;
    const said = Said.parse(JSON.parse(json));
    if (kind === 'session_started') this.#begin(held, said.device, graph);
    else if (kind === 'invocation_started') this.#invocationBegun(held, said);
    else if (kind === 'invocation_complete' || kind === 'invocation_error') this.#invocationEnded(held, said);
    else if (isOutcome(kind)) this.#end(held, OUTCOMES[kind], said);
  }

  /** The lease is over, and nothing that is said under it counts. */
  lost(held: Traced): void {
    this.#end(held, 'lost', {});
  }

  #begin({ ticket, grant }: Traced, device: string | undefined, graph: PinnedGraph | undefined): Running {
    const { tracer, queue_id, now } = this.#parts;
    const { item_id, fence, session_id, batch_id, traceparent } = grant;
    const from = now();
    const attributes = {
      'switchyard.item_id': item_id,
      'switchyard.session_id': session_id,
      'switchyard.batch_id': batch_id,
      'switchyard.queue_id': queue_id,
      'switchyard.fence': fence,
      ...(device === undefined ? {} : { 'switchyard.device': device }),
    };
    const parent = remoteParent(traceparent);
    const span = tracer.startSpan('session', { startTime: from, attributes }, parent);
    const types = new Map(graph?.nodes.map(({ id, type }) => [id, type]));
    const running = {
      ...{ item_id, fence, span, context: trace.setSpan(parent, span), from, types },
      ...{ invocation: null, invocations: 0, loads: new Map<string, Span>() },
    };
    this.#running.set(ticket, running);
    return running;
  }

  #invocationBegun({ ticket }: Traced, { invocation_id: id, at }: Said): void {
    const running = this.#running.get(ticket);
    if (!running || id === undefined || ++running.invocations > INVOCATIONS_MAX) return;
    const span = this.#invocationSpan(running, id, at);
    running.invocation = { id, span, context: trace.setSpan(running.context, span) };
  }

  #invocationSpan(running: Running, id: string, at: string | undefined): Span {
    const type = running.types.get(sourceOf(id)) ?? 'unknown';
    const attributes = { 'switchyard.invocation_id': id, 'switchyard.node_type': type };
    const startTime = Math.max(running.from, at === undefined ? this.#parts.now() : Date.parse(at));
    return this.#parts.tracer.startSpan(`invocation ${type}`, { startTime, attributes }, running.context);
  }

  /** One whose inputs could not be prepared ends without having begun. */
  #invocationEnded({ ticket }: Traced, { invocation_id: id, started_at, seconds = 0, cached, error }: Said): void {
    const running = this.#running.get(ticket);
    if (!running || id === undefined) return;
    const begun = running.invocation?.id === id ? running.invocation.span : null;
    running.invocation = null;
    this.#endLoads(running, error);
    if (!begun && !error) return;
    const span = begun ?? this.#invocationSpan(running, id, started_at);
    if (cached !== undefined) span.setAttribute('switchyard.cached', cached);
    if (error) failed(span, error);
    const from = Math.max(running.from, started_at === undefined ? running.from : Date.parse(started_at));
    span.end(from + seconds * 1000);
  }

  #end(held: Traced, outcome: string, { error }: Said): void {
    // A device that died before it said anything fails its item all the same.
    const running = this.#running.get(held.ticket) ?? (error ? this.#begin(held, undefined, undefined) : null);
    if (!running) return;
    this.#running.delete(held.ticket);
    const now = this.#parts.now();
    this.#endLoads(running, error);
    running.invocation?.span.end(now);
    const { span, invocations } = running;
    span.setAttributes({ 'switchyard.outcome': outcome, 'switchyard.invocations': invocations });
    if (error) failed(span, error);
    span.end(Math.max(now, running.from));
  }

  #endLoads(running: Running, error: Failure | undefined): void {
    for (const span of running.loads.values()) {
      if (error) failed(span, error);
      span.end(this.#parts.now());
    }
    running.loads.clear();
  }

  /** A report of the device as JSON; those of models that load have spans. */
  report(json: string): void {
    if (!json.startsWith(MODEL_REPORT)) return;
    const { report, item_id, fence, model } = ModelLoadReport.parse(JSON.parse(json));
    const running = [...this.#running.values()].find((each) => each.item_id === item_id && each.fence === fence);
    if (!running) return;
    if (report === 'model_load_started') {
      const attributes = { 'switchyard.model_key': model.key, 'switchyard.model_hash': model.hash };
      const options = { startTime: this.#parts.now(), attributes };
      const parent = running.invocation?.context ?? running.context;
      running.loads.set(model.key, this.#parts.tracer.startSpan('model_load', options, parent));
    } else {
      running.loads.get(model.key)?.end(this.#parts.now());
      running.loads.delete(model.key);
    }
  }

  /** Bytes that a session made are on their way to the store. */
  uploadBegun(ticket: number, asset_name: string, size: number): void {
    const running = this.#running.get(ticket);
    if (!running || this.#uploads.has(asset_name)) return;
    const attributes = { 'switchyard.asset_name': asset_name, 'switchyard.bytes': size };
    const options = { startTime: this.#parts.now(), attributes };
    const parent = running.invocation?.context ?? running.context;
    this.#uploads.set(asset_name, this.#parts.tracer.startSpan('upload', options, parent));
  }

  /** They are stored, or refused with a message. */
  uploadEnded(asset_name: string, message?: string): void {
    const span = this.#uploads.get(asset_name);
    this.#uploads.delete(asset_name);
    if (message !== undefined) span?.setStatus({ code: SpanStatusCode.ERROR, message });
    span?.end(this.#parts.now());
  }
}
