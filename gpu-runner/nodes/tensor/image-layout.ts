/** How the numbers of an image lie in a tensor. @pure */

export const LAYOUTS = ['nchw', 'nhwc'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** Elements from one pixel to the next, and from one channel to the next. */
export const stepsOf = (layout: Layout, channels: number, pixels: number): { pixel: number; channel: number } =>
  layout === 'nchw' ? { pixel: 1, channel: pixels } : { pixel: channels, channel: 1 };

/** The numbers that go with each channel, out of lists of one for all or one for each. */
export function perChannel<Name extends string>(
  channels: number,
  lists: Readonly<Record<Name, readonly number[]>>,
): Record<Name, number>[] {
  const entries = Object.entries<readonly number[]>(lists);
  for (const [name, list] of entries) {
    if (list.length !== 1 && list.length !== channels)
      throw new RangeError(`${name} has ${list.length} numbers; give one, or one for each of the ${channels} channels`);
  }
  return Array.from({ length: channels }, (_, channel) => {
    const numbers = entries.map(([name, list]) => [name, list.length === 1 ? list[0] : list[channel]]);
    return Object.fromEntries(numbers) as Record<Name, number>;
  });
}
