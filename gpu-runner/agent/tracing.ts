/**
 * OpenTelemetry, when its standard variables ask for it: spans that continue the trace of the call that enqueued an
 * item. Without them not even the packages are loaded.
 */
import type { Sampler } from '@opentelemetry/sdk-trace';
import type { Log } from './log.ts';
import type { SessionSpans } from './session-spans.ts';
import { type TracingSettings, tracingSettings } from './tracing-settings.ts';

/** How long the end of a runner may wait for its last spans to be taken. */
const CLOSE_MS = 3_000;

export interface Tracing {
  spans: SessionSpans;
  /** Sends what is left. */
  close(): Promise<void>;
}

export interface TracingParts {
  env: NodeJS.ProcessEnv;
  queue_id: string;
  runner_id: string;
  name: string;
  log: Log;
  now: () => number;
}

export async function openTracing({ env, queue_id, runner_id, name, log, now }: TracingParts): Promise<Tracing | null> {
  const settings = tracingSettings(env);
  if (!settings) return null;
  for (const warning of settings.warnings) log.warn(warning);
  const [{ BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, resources, { SessionSpans }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('./session-spans.ts'),
    ]);
  const { detectResources, envDetector, resourceFromAttributes } = resources;
  const own = { 'service.name': 'switchyard-runner', 'service.instance.id': runner_id, 'switchyard.runner': name };
  const provider = new TracerProvider({
    resource: resourceFromAttributes(own).merge(detectResources({ detectors: [envDetector] })),
    sampler: await samplerOf(settings),
    // It reads its address, headers and limits from the environment, and tries again by itself.
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const spans = new SessionSpans({ tracer: provider.getTracer('switchyard-runner'), queue_id, now });
  return {
    spans,
    async close() {
      await provider.forceFlush({ timeoutMillis: CLOSE_MS }).catch((error: unknown) => {
        log.warn({ error: String(error) }, 'the last spans were not taken');
      });
      await provider.shutdown().catch(() => undefined);
    },
  };
}

async function samplerOf({ sampler, ratio }: TracingSettings): Promise<Sampler> {
  const { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } = await import(
    '@opentelemetry/sdk-trace'
  );
  const rooted = (root: Sampler) => new ParentBasedSampler({ root });
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return rooted(new AlwaysOnSampler());
    case 'parentbased_always_off':
      return rooted(new AlwaysOffSampler());
    case 'parentbased_traceidratio':
      return rooted(new TraceIdRatioBasedSampler(ratio));
  }
}
