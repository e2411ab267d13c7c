/**
 * Models straight from the edge's bucket, by its S3 API: their bytes then pass through nobody else. Which object has
 * them the edge says. What the bucket does not give the edge is asked for.
 */
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { EdgeApi } from './edge-api.ts';
import { EdgeRefusal, told } from './edge-error.ts';
import type { Log } from './log.ts';
import type { ModelSource } from './model-source.ts';

export interface Bucket {
  endpoint: string;
  name: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Null where the environment does not name one and its credentials. */
export function bucketFromEnvironment(env: NodeJS.ProcessEnv): Bucket | null {
  const { SWITCHYARD_S3_ENDPOINT: endpoint, SWITCHYARD_S3_BUCKET: name } = env;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION } = env;
  if (!endpoint || !name || !accessKeyId || !secretAccessKey) return null;
  return { endpoint, name, accessKeyId, secretAccessKey, region: AWS_REGION || 'auto' };
}

export interface BucketSourceParts {
  api: Pick<EdgeApi, 'modelFileLocation'>;
  edge: ModelSource;
  bucket: Bucket;
  log: Log;
}

export function bucketModelSource({ api, edge, bucket, log }: BucketSourceParts): ModelSource {
  let client: Promise<S3Client> | undefined;
  let complained = false;
  return {
    manifest: (key, hash) => edge.manifest(key, hash),
    async open(model, file, from, signal) {
      try {
        const { object_key } = await api.modelFileLocation(model.key, file.sha256, signal);
        client ??= connect(bucket);
        return { from, chunks: await read(await client, bucket.name, object_key, from, signal) };
      } catch (error) {
        // More is here than there is of the file, which the edge would say too.
        if ((error as Error).name === 'InvalidRange') throw new EdgeRefusal(416, null);
        if (signal.aborted) throw error;
        if (!complained)
          log.warn({ bucket: bucket.name }, `the bucket does not give its models, the edge is asked: ${told(error)}`);
        complained = true;
        return edge.open(model, file, from, signal);
      }
    },
  };
}

/** Imported when the first model comes: the library takes 20 MB, and a runner may never need it. */
async function connect({ endpoint, region, accessKeyId, secretAccessKey }: Bucket): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    ...{ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true },
    // The file's own digest is checked, and R2 sends no other.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Who downloads tries again by itself.
    maxAttempts: 2,
  });
}

async function read(
  client: S3Client,
  Bucket: string,
  Key: string,
  from: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const range = from > 0 ? { Range: `bytes=${from}-` } : {};
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...range }), { abortSignal: signal });
  const body = Body as Readable;
  const stop = () => body.destroy(new Error('the transfer was given up'));
  signal.addEventListener('abort', stop, { once: true });
  body.once('close', () => signal.removeEventListener('abort', stop));
  return body;
}
