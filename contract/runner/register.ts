/** A runner introduces itself to a queue. */
import { z } from 'zod';
import { NodeType } from '../graph/catalogue.ts';
import { UnapprovedNode } from '../graph/custom-node.ts';
import { NAME_LENGTH_MAX, RUNNER_NODES_MAX, RUNNER_TYPES_MAX } from '../limits.ts';
import { RunnerId } from '../names.ts';

export const Device = z
  .object({
    id: z.string().max(64).describe('"cpu", "webgpu" or "cuda:0"'),
    name: z.string().max(256).optional(),
    memory_bytes: z.int().min(0).optional(),
  })
  .meta({ id: 'Device' });
export type Device = z.infer<typeof Device>;

/** What a runner can run. */
export const RunnerTypes = z.object({
  types: z
    .record(z.string().max(NAME_LENGTH_MAX), z.string().max(64))
    .refine((types) => Object.keys(types).length <= RUNNER_TYPES_MAX, `a runner has at most ${RUNNER_TYPES_MAX} types`)
    .describe('node type → version that it runs'),
  nodes: z
    .array(NodeType)
    .max(RUNNER_NODES_MAX)
    .optional()
    .describe('definitions of its own node types, each named "namespace:type"; graphs may use them once approved'),
});
export type RunnerTypes = z.infer<typeof RunnerTypes>;

export const RegisterBody = z
  .object({
    protocol: z.int(),
    runner_id: RunnerId.describe('chosen by the runner, one for each process'),
    name: z.string().max(256),
    engine: z.int(),
    ...RunnerTypes.shape,
    devices: z.array(Device).min(1).max(64),
  })
  .meta({ id: 'RegisterBody' });
export type RegisterBody = z.infer<typeof RegisterBody>;

/** How often a runner has to show life; an answer to a heartbeat says so anew, since an owner may change it. */
export const RunnerIntervals = z.object({
  heartbeat_seconds: z.number().describe('how often to show life at least'),
  idle_heartbeat_seconds: z
    .number()
    .describe('the same while it holds nothing and its socket is open, whose pings show life meanwhile'),
  timeout_seconds: z.number().describe('after so much silence the runner is lost'),
});
export type RunnerIntervals = z.infer<typeof RunnerIntervals>;

const Unapproved = z
  .array(UnapprovedNode)
  .describe('types of its own that graphs may not use: the runner gets no work with them');

export const RegisterResult = z
  .object({
    protocol: z.int(),
    runner_id: RunnerId,
    epoch: z.int().describe('of this registration; quoted in every call, an older one is refused with 409'),
    ...RunnerIntervals.shape,
    unapproved: Unapproved,
  })
  .meta({ id: 'RegisterResult' });
export type RegisterResult = z.infer<typeof RegisterResult>;

/** What every later call of a runner quotes. */
export const RunnerIdentity = z.object({ runner_id: RunnerId, epoch: z.int() });
export type RunnerIdentity = z.infer<typeof RunnerIdentity>;

/** The same types again, from a runner that wants to hear whether they have been approved meanwhile. */
export const RunnerTypesBody = RunnerIdentity.extend(RunnerTypes.shape).meta({ id: 'RunnerTypesBody' });
export type RunnerTypesBody = z.infer<typeof RunnerTypesBody>;

export const RunnerTypesResult = z.object({ unapproved: Unapproved }).meta({ id: 'RunnerTypesResult' });
export type RunnerTypesResult = z.infer<typeof RunnerTypesResult>;
