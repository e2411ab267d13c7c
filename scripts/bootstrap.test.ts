import { expect, test } from 'vitest';
import { fits, runsTypeScript } from './bootstrap.mjs';

test('x', () => {
  expect(runsTypeScript('v22.18.0')).toBe(true);
  expect(typeof fits).toBe('function');
});
