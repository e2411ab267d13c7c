/** The schedulers by name. */
import { DdimScheduler } from './ddim-scheduler.ts';
import { EulerScheduler } from './euler-scheduler.ts';
import { SchedulerConfig } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';

/** Named as InvokeAI names them. */
export const SCHEDULER_NAMES = ['ddim', 'euler'] as const;
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

const SCHEDULERS = { ddim: DdimScheduler, euler: EulerScheduler } satisfies Record<
  SchedulerName,
  new (
    config: SchedulerConfig,
    steps: number,
  ) => Scheduler
>;

/** `config` is the parsed scheduler_config.json, of whatever scheduler the model was saved with. */
export function makeScheduler(name: SchedulerName, config: unknown, steps: number): Scheduler {
  return new SCHEDULERS[name](SchedulerConfig.parse(config), steps);
}
