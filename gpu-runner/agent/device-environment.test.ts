import { expect, test } from 'vitest';
import { deviceEnvironment } from './device-environment.ts';

test('a device gets no key, and may be told how to allocate', () => {
  const own = {
    SWITCHYARD_KEY: 'k',
    SWITCHYARD_S3_ENDPOINT: 'https://store',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_ACCESS_KEY_ID: 'i',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=x',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=x',
    CUDA_VISIBLE_DEVICES: '1',
    SWITCHYARD_LOG_LEVEL: 'debug',
    MALLOC_TRIM_THRESHOLD_: '5',
  };
  const { MALLOC_MMAP_THRESHOLD_: threshold, ...environment } = deviceEnvironment(own);
  expect(Number(threshold)).toBeGreaterThan(0);
  expect(environment).toEqual({
    CUDA_VISIBLE_DEVICES: '1',
    SWITCHYARD_LOG_LEVEL: 'debug',
    MALLOC_TRIM_THRESHOLD_: '5',
  });
});
