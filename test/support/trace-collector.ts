/** A collector of OpenTelemetry: takes spans by OTLP over HTTP, as JSON, on 127.0.0.1. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const Attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });

const Spans = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(Attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes: z.array(Attribute),
              status: z.object({ code: z.int(), message: z.string().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface CollectedSpan {
  trace_id: string;
  span_id: string;
  parent_id: string | undefined;
  name: string;
  /** Nanoseconds since 1970. */
  from: bigint;
  to: bigint;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  /** What went wrong; undefined when nothing did. */
  error: string | undefined;
}

/** Each value is an object with one field, named by its type; whole numbers may be text. */
const flat = (attributes: z.infer<typeof Attribute>[]): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.intValue === undefined ? Object.values(value)[0] : Number(value.intValue),
    ]),
  );

const ERROR = 2;

export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  readonly #server = http.createServer((request, response) => void this.#take(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The spans of that name, the earliest first. */
  named(name: string): CollectedSpan[] {
    return this.spans.filter((span) => span.name === name).sort((a, b) => (a.from < b.from ? -1 : 1));
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url !== '/v1/traces') response.statusCode = 404;
    else
      for (const { resource, scopeSpans } of Spans.parse(JSON.parse(Buffer.concat(chunks).toString())).resourceSpans)
        for (const span of scopeSpans.flatMap((scope) => scope.spans))
          this.spans.push({
            ...{ trace_id: span.traceId, span_id: span.spanId, parent_id: span.parentSpanId, name: span.name },
            ...{ from: BigInt(span.startTimeUnixNano), to: BigInt(span.endTimeUnixNano) },
            ...{ attributes: flat(span.attributes), resource: flat(resource.attributes) },
            error: span.status.code === ERROR ? (span.status.message ?? '') : undefined,
          });
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  }
}
