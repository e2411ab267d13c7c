/** What a client says and is answered, held against the document of the service. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Client, createClient } from '../../../client/client.ts';
import type { ClientOptions } from '../../../client/transport.ts';

type Json = Record<string, unknown>;

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
}
interface Operation {
  operationId: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { content: Json };
  responses: Record<string, { content?: Json }>;
}
export interface OpenApi extends Json {
  paths: Record<string, Record<string, Operation>>;
}

interface Recorded {
  method: string;
  url: URL;
  headers: Headers;
  body: unknown;
  status: number;
  content_type: string;
  answer: string | null;
}

/** A client of the service whose calls are kept. */
export class RecordedCalls {
  readonly client: Client;
  readonly #calls: Recorded[] = [];

  constructor(service: { url: string; key: string }, options: Partial<ClientOptions> = {}) {
    const record = (call: Recorded) => this.#calls.push(call);
    this.client = createClient({
      ...service,
      ...options,
      fetch: async (input, init = {}) => {
        const response = await fetch(input, init);
        const headers = new Headers(init.headers);
        const type = response.headers.get('content-type') ?? '';
        const answer = type.includes('json') ? await response.clone().text() : null;
        const [method, url] = [init.method ?? 'GET', new URL(String(input))];
        record({ method, url, headers, body: init.body, status: response.status, content_type: type, answer });
        return response;
      },
      WebSocket: class extends WebSocket {
        constructor(address: string, socketOptions?: unknown) {
          super(address, socketOptions as string[]);
          const url = new URL(address);
          const nothing = { headers: new Headers(), body: undefined, content_type: '', answer: null };
          record({ method: 'GET', url, status: 101, ...nothing });
        }
      },
    });
  }

  /** What of the document was called, by operation; and what of the calls is not in the document. */
  compare(openapi: OpenApi, ofPaths = /./): { called: Set<string>; faults: string[] } {
    const document = new Document(openapi);
    const called = new Set<string>();
    const faults = this.#calls
      .filter(({ url }) => ofPaths.test(url.pathname))
      .flatMap((call) => document.faults(call, called));
    return { called, faults: [...new Set(faults)] };
  }
}

/** Those that only runners may call are no business of a client. */
export const operationsForClients = (openapi: OpenApi): string[] =>
  Object.values(openapi.paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ security }) => security.length === 0 || security.some((way) => way.key?.join() !== 'runner'))
    .map(({ operationId }) => operationId);

const token = (text: string) => text.replaceAll('~', '~0').replaceAll('/', '~1');

class Document {
  readonly #openapi: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true });

  constructor(openapi: OpenApi) {
    this.#openapi = openapi;
    this.#ajv.addSchema(openapi, 'openapi');
  }

  faults(call: Recorded, called: Set<string>): string[] {
    const { method, url } = call;
    const found = this.#find(method, url.pathname);
    if (!found) return [`${method} ${url.pathname} is not in the document`];
    const { operation, place } = found;
    called.add(operation.operationId);
    return [
      ...parameterFaults(operation, call),
      ...this.#bodyFaults(operation, call, place),
      ...this.#answerFaults(operation, call, place),
    ].map((fault) => `${operation.operationId}: ${fault}`);
  }

  /** A path that is written out goes before one with a parameter in its place. */
  #find(method: string, pathname: string): { operation: Operation; place: string[] } | undefined {
    const matching = Object.keys(this.#openapi.paths)
      .filter((path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`).test(pathname))
      .sort((a, b) => a.split('{').length - b.split('{').length);
    for (const path of matching) {
      const operation = this.#openapi.paths[path]?.[method.toLowerCase()];
      if (operation) return { operation, place: ['paths', path, method.toLowerCase()] };
    }
    return undefined;
  }

  #bodyFaults({ requestBody }: Operation, { headers, body }: Recorded, place: string[]): string[] {
    if (body === undefined || body === null) return requestBody ? ['it needs a body'] : [];
    const type = headers.get('content-type') ?? 'application/octet-stream';
    if (!requestBody || !(type in requestBody.content)) return [`it takes no body of ${type}`];
    if (type !== 'application/json' || typeof body !== 'string') return [];
    return this.#check([...place, 'requestBody', 'content', type, 'schema'], JSON.parse(body), 'body');
  }

  #answerFaults({ responses }: Operation, { status, content_type, answer }: Recorded, place: string[]): string[] {
    const response = responses[status];
    if (!response) return [`it does not answer ${status}`];
    const type = content_type.split(';')[0] ?? '';
    if (answer === null || answer === '' || !response.content?.[type]) return [];
    if (!('schema' in (response.content[type] as Json))) return [];
    return this.#check(
      [...place, 'responses', String(status), 'content', type, 'schema'],
      JSON.parse(answer),
      'answer',
    );
  }

  #check(place: string[], value: unknown, what: string): string[] {
    const $ref = `openapi#/${place.map((part) => encodeURIComponent(token(part))).join('/')}`;
    const validate = this.#ajv.getSchema($ref);
    if (!validate) return [`there is no schema at ${$ref}`];
    return validate(value) ? [] : [`${what}: ${this.#ajv.errorsText(validate.errors)}`];
  }
}

function parameterFaults({ parameters = [] }: Operation, { url, headers }: Recorded): string[] {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const unknown = [...url.searchParams.keys()].filter((name) => !query.some((parameter) => parameter.name === name));
  const missing = query.filter(({ name, required }) => required && !url.searchParams.has(name));
  const takesKey = parameters.some(({ name }) => name === 'idempotency-key');
  return [
    ...unknown.map((name) => `it has no parameter "${name}"`),
    ...missing.map(({ name }) => `it needs the parameter "${name}"`),
    ...(takesKey === headers.has('idempotency-key')
      ? []
      : [`its Idempotency-Key is ${takesKey ? 'missing' : 'ignored'}`]),
  ];
}
