import type { ScheduleSpec } from '../spec/resolved.js';

/**
 * The learning rate of step `step` (0-based) of `steps`.
 *
 * Warm-up is linear and reaches the full rate on its last step: (step + 1) / warmupSteps. timm and TensorFlow
 * start at step / warmupSteps, which would make the first step of a short training a step of rate 0.
 */
export function rateAt(schedule: ScheduleSpec, step: number, steps: number): number {
  switch (schedule.name) {
    case 'cosine':
      return schedule.rate * warmUp(schedule, step) * cosine(step, steps);
    case 'exponential':
      return schedule.rate * (step < schedule.warmupSteps ? warmUp(schedule, step) : staircase(schedule, step));
  }
}

/** 0…1, linear over the first `warmupSteps`. */
function warmUp({ warmupSteps }: ScheduleSpec, step: number): number {
  return warmupSteps === 0 ? 1 : Math.min(1, (step + 1) / warmupSteps);
}

/** Half a cosine from 1 at step 0 to 0 after the last step; the warm-up is a factor on top, so the product has no jump. */
function cosine(step: number, steps: number): number {
  return 0.5 * (1 + Math.cos((Math.PI * step) / steps));
}

/** One factor of `decay` per full `everySteps`, counted from step 0 (the warm-up included), as timm's and TensorFlow's do. */
function staircase(schedule: Extract<ScheduleSpec, { name: 'exponential' }>, step: number): number {
  return schedule.decay ** Math.floor(step / schedule.everySteps);
}
