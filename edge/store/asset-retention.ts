import type { Env } from '../env.ts';

const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** How long a user's upload is kept after its last use, as the variable ASSET_RETENTION_DAYS says. */
export function assetRetentionMs({ ASSET_RETENTION_DAYS }: Pick<Env, 'ASSET_RETENTION_DAYS'>): number {
  const days = Number(ASSET_RETENTION_DAYS ?? DEFAULT_DAYS);
  return (days > 0 ? days : DEFAULT_DAYS) * DAY_MS;
}
