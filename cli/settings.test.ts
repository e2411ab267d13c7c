import { expect, test } from 'vitest';
import { UsageError } from './exit-code.ts';
import { parseSettings } from './settings.ts';

test.each([
  [['order=fifo'], { order: 'fifo' }],
  [['max_queue_size=10', 'max_user_pending=none'], { max_queue_size: 10, max_user_pending: null }],
  [['max_run_seconds=1.5'], { max_run_seconds: 1.5 }],
  [['invocation_cache=off', 'max_attempts=1', 'max_attempts=2'], { invocation_cache: 'off', max_attempts: 2 }],
  [[], {}],
])('%j are settings', (given, settings) => {
  expect(parseSettings(given)).toEqual(settings);
});

test.each([
  ['max_queue_size=many', /max_queue_size cannot be "many".*pending items/],
  ['max_queue_size=', /cannot be ""/],
  ['max_queue_size=none', /cannot be "none"/],
  ['max_queue_size=1.5', /cannot be "1\.5"/],
  ['order=random', /"fair"/],
  ['toString=1', /sets nothing.*max_queue_size/],
  ['max_queue_size', /write name=value/],
])('%s is refused', (given, message) => {
  expect(() => parseSettings([given])).toThrow(UsageError);
  expect(() => parseSettings([given])).toThrow(message);
});
