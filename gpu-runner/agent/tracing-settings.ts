/** What the standard variables of OpenTelemetry say of this runner's traces. @pure */

export const SAMPLERS = [
  ...['always_on', 'always_off', 'traceidratio'],
  ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface TracingSettings {
  sampler: SamplerName;
  /** Of `traceidratio`, from 0 to 1. */
  ratio: number;
  /** What was asked for and is done differently. */
  warnings: string[];
}

/** Null when there is nothing to export to, or nobody wants it: then nothing is loaded and nothing is traced. */
export function tracingSettings(env: NodeJS.ProcessEnv): TracingSettings | null {
  const exporter = env.OTEL_TRACES_EXPORTER || null;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT || null;
  if (env.OTEL_SDK_DISABLED === 'true' || exporter === 'none' || (exporter === null && endpoint === null)) return null;
  const warnings: string[] = [];
  if (exporter !== null && exporter !== 'otlp')
    warnings.push(`OTEL_TRACES_EXPORTER=${exporter}: this runner exports by otlp only`);
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json';
  // A collector takes both over HTTP at the same address.
  if (protocol !== 'http/json') warnings.push(`traces go out as http/json, not as ${protocol}`);
  const wanted = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const sampler = SAMPLERS.find((name) => name === wanted);
  if (!sampler) warnings.push(`OTEL_TRACES_SAMPLER=${wanted} is none of ${SAMPLERS.join(', ')}`);
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG || 1);
  if (!(ratio >= 0 && ratio <= 1)) warnings.push(`OTEL_TRACES_SAMPLER_ARG is a number from 0 to 1, not ${ratio}`);
  return { sampler: sampler ?? 'parentbased_always_on', ratio: ratio >= 0 && ratio <= 1 ? ratio : 1, warnings };
}
