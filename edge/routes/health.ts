import { z } from 'zod';
import { ENGINE_VERSION, PROTOCOL_VERSION } from '../../contract/version.ts';
import { endpoint } from '../endpoint.ts';
import type { App } from '../env.ts';

const Health = z.object({ status: z.literal('ok'), protocol: z.int(), engine: z.int() }).meta({ id: 'Health' });

export function registerHealthRoute(app: App): void {
  endpoint(
    app,
    {
      method: 'get',
      path: '/health',
      operation_id: 'get_health',
      tag: 'system',
      summary: 'Whether the Worker answers, and which versions it speaks',
      scopes: null,
      responses: { 200: { description: 'It does', schema: Health } },
    },
    (c) => c.json({ status: 'ok', protocol: PROTOCOL_VERSION, engine: ENGINE_VERSION }),
  );
}
