/**
 * The environment of a device's process: the runner's own, without what opens the queue or the store. Nodes are code of
 * others, and all that they need comes from the agent. @pure
 */
import { MALLOC_SETTINGS } from '../models/model-memory.ts';

const SECRET = /^(SWITCHYARD_KEY|SWITCHYARD_S3_.*|AWS_.*|OTEL_EXPORTER_OTLP_(.*_)?HEADERS)$/;

export const deviceEnvironment = (own: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...MALLOC_SETTINGS,
  ...Object.fromEntries(Object.entries(own).filter(([name]) => !SECRET.test(name))),
});
