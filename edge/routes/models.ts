/** Models: declared, listed, read and removed. How their files get in: model-uploads.ts. */
import { z } from 'zod';
import { ModelKey, Sha256 } from '../../contract/names.ts';
import { CreateModelBody, Model, ModelFileLocation } from '../../contract/store/model.ts';
import { type AccountDb, accountDb } from '../account/database.ts';
import { declareModel, deleteModel, findModel, findModelFile, listModels, manifestFaults } from '../account/models.ts';
import { endpoint } from '../endpoint.ts';
import type { App } from '../env.ts';
import { ProblemError } from '../problem.ts';
import { blobResponse } from '../store/blob-response.ts';
import { removeObjects } from '../store/removal.ts';

const tag = 'models';
const Params = z.object({ key: ModelKey });
const Version = z.object({ hash: Sha256.optional().describe('a version; the current one when absent') });

/** The file of the model with this digest, and where its bytes are. */
async function uploadedFile(db: AccountDb, key: string, sha256: string) {
  const file = await findModelFile(db, key, sha256);
  if (!file) throw new ProblemError('not_found', `The model "${key}" has no file ${sha256}.`);
  const { object_key } = file;
  if (object_key === null)
    throw new ProblemError('model_incomplete', `The file "${file.path}" of "${key}" has not been uploaded.`);
  return { ...file, object_key };
}

const noModel = (key: string) =>
  new ProblemError('not_found', `There is no model "${key}", or not this version of it.`);

export function registerModelsRoutes(app: App): void {
  endpoint(
    app,
    {
      method: 'post',
      path: '/api/v1/models',
      operation_id: 'create_model',
      tag,
      summary: 'Declare a model by its manifest',
      description:
        'The answer names the digests whose bytes are still to be uploaded; files that another model has are there ' +
        'already. The same manifest again answers how far it is; another manifest is a new version under the key.',
      scopes: ['admin'],
      unbound: true,
      idempotent: 'account',
      body: CreateModelBody,
      responses: {
        201: { description: 'Declared', schema: Model },
        200: { description: 'It was declared before', schema: Model },
      },
      problems: ['conflict'],
    },
    async (c, { body }) => {
      const faults = manifestFaults(body.files);
      if (faults.length > 0)
        throw new ProblemError('validation_failed', 'The manifest is not valid.', { errors: faults });
      const { model, created } = await declareModel(accountDb(c.env), body, Date.now());
      if (model.base !== body.base)
        throw new ProblemError('conflict', `These files are "${body.key}" with the base "${model.base}" already.`);
      return c.json(model, created ? 201 : 200);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/models',
      operation_id: 'list_models',
      tag,
      summary: 'Every version of every model',
      scopes: ['read', 'runner'],
      responses: { 200: { description: 'By key, the newest version first', schema: z.array(Model) } },
    },
    async (c) => c.json(await listModels(accountDb(c.env))),
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/models/{key}',
      operation_id: 'get_model',
      tag,
      summary: 'One model: the newest version that is ready, else the newest',
      scopes: ['read', 'runner'],
      params: Params,
      query: Version,
      responses: { 200: { description: 'The model', schema: Model } },
    },
    async (c, { params: { key }, query: { hash } }) => {
      const model = await findModel(accountDb(c.env), key, hash);
      if (!model) throw noModel(key);
      return c.json(model);
    },
  );

  endpoint(
    app,
    {
      method: 'delete',
      path: '/api/v1/models/{key}',
      operation_id: 'delete_model',
      tag,
      summary: 'Remove a version, or all versions, with the files that no other model has',
      scopes: ['admin'],
      unbound: true,
      params: Params,
      query: z.object({ hash: Sha256.optional().describe('a version; all of them when absent') }),
      responses: { 204: { description: 'Removed' } },
    },
    async (c, { params: { key }, query: { hash } }) => {
      const now = Date.now();
      const { deleted, unused } = await deleteModel(accountDb(c.env), key, hash, now);
      if (deleted === 0) throw noModel(key);
      await removeObjects(c.env, unused, now);
      return c.body(null, 204);
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/models/{key}/files/{sha256}',
      operation_id: 'get_model_file',
      tag,
      summary: 'The bytes of a file of the model; HEAD and ranges too',
      scopes: ['read', 'runner'],
      params: Params.extend({ sha256: Sha256 }),
      headers: z.object({ range: z.string().optional(), 'if-none-match': z.string().optional() }),
      responses: {
        200: { description: 'The bytes', content_type: 'application/octet-stream' },
        206: { description: 'A range of them', content_type: 'application/octet-stream' },
        304: { description: 'You have them' },
      },
      problems: ['range_not_satisfiable', 'model_incomplete'],
    },
    async (c, { params: { key, sha256 } }) => {
      const file = await uploadedFile(accountDb(c.env), key, sha256);
      return blobResponse(c, {
        object_key: file.object_key,
        tag: sha256,
        size: file.size,
        content_type: 'application/octet-stream',
        file_name: file.path.split('/').at(-1) ?? file.path,
      });
    },
  );

  endpoint(
    app,
    {
      method: 'get',
      path: '/api/v1/models/{key}/files/{sha256}/location',
      operation_id: 'get_model_file_location',
      tag,
      summary: 'Where in the bucket the bytes of a file of the model are',
      description: 'For runners with credentials of the bucket, which read it by its S3 API.',
      scopes: ['runner'],
      params: Params.extend({ sha256: Sha256 }),
      responses: { 200: { description: 'The object', schema: ModelFileLocation } },
      problems: ['model_incomplete'],
    },
    async (c, { params: { key, sha256 } }) => {
      const { object_key, size } = await uploadedFile(accountDb(c.env), key, sha256);
      return c.json({ object_key, size });
    },
  );
}
