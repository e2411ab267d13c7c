/** The comparisons of the compare nodes. */
import { choice } from '../fields.ts';

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;

/** `order` is below 0 where a comes before b, 0 where they are equal, above 0 where a comes after b. */
const HOLDS: Record<(typeof COMPARISONS)[number], (order: number) => boolean> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

export const COMPARISON = choice(COMPARISONS, { default: '==', description: 'How a must stand to b.' });

export const holds = (comparison: (typeof COMPARISONS)[number], order: number): boolean => HOLDS[comparison](order);
