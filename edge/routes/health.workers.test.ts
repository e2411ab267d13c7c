import { describe, expect, test } from 'vitest';
import { caller } from '../testing/account.ts';

describe('the Worker', () => {
  test('says that it is well to anybody', async () => {
    const response = await caller(null)('GET', '/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok', protocol: 1 });
  });

  test('answers an unknown address and a wrong method with problems', async () => {
    const missing = await caller(null)('GET', '/nothing');
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    expect(await missing.json()).toMatchObject({ code: 'not_found', instance: expect.stringMatching(/^urn:/) });
    const wrong = await caller(null)('DELETE', '/health');
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
  });
});
