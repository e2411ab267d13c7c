/** The schedulers by name. */
import { DdimScheduler } from './ddim-scheduler.ts';
import { DpmPlusPlus2mScheduler } from './dpmpp-2m-scheduler.ts';
import { EulerAncestralScheduler } from './euler-ancestral-scheduler.ts';
import { EulerScheduler } from './euler-scheduler.ts';
import { LcmScheduler } from './lcm-scheduler.ts';
import { SchedulerConfig } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';

/** Named as InvokeAI names them; `_k` spaces the noise levels as Karras et al. (2022) do. */
export const SCHEDULER_NAMES = ['ddim', 'dpmpp_2m', 'dpmpp_2m_k', 'euler', 'euler_k', 'euler_a', 'lcm'] as const;
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

const SCHEDULERS: Record<SchedulerName, (config: SchedulerConfig, steps: number) => Scheduler> = {
  ddim: (config, steps) => new DdimScheduler(config, steps),
  dpmpp_2m: (config, steps) => new DpmPlusPlus2mScheduler(config, steps),
  dpmpp_2m_k: (config, steps) => new DpmPlusPlus2mScheduler(config, steps, { karras: true }),
  euler: (config, steps) => new EulerScheduler(config, steps),
  euler_k: (config, steps) => new EulerScheduler(config, steps, { karras: true }),
  euler_a: (config, steps) => new EulerAncestralScheduler(config, steps),
  lcm: (config, steps) => new LcmScheduler(config, steps),
};

/** `config` is the parsed scheduler_config.json, of whatever scheduler the model was saved with. */
export function makeScheduler(name: SchedulerName, config: unknown, steps: number): Scheduler {
  return SCHEDULERS[name](SchedulerConfig.parse(config), steps);
}
