import { expect, test } from 'vitest';
import { Lanes } from './lanes.ts';

test('so many tasks run at once and no more', async () => {
  const lanes = new Lanes(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const start = (task: number) =>
    lanes.run(() => {
      begun.push(task);
      return new Promise((resolve) => ends.push(resolve));
    });
  await start(1);
  await start(2);
  const third = start(3);
  await Promise.resolve();
  expect(begun).toEqual([1, 2]);
  ends[1]?.();
  await third;
  expect(begun).toEqual([1, 2, 3]);
  for (const end of ends) end();
  await lanes.settled();
});

test('a failure is thrown to whoever comes next', async () => {
  const lanes = new Lanes(1);
  await lanes.run(() => Promise.reject(new Error('disk full')));
  await expect(lanes.run(() => Promise.resolve())).rejects.toThrow('disk full');
  await expect(lanes.settled()).rejects.toThrow('disk full');
});
