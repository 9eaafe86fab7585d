/**
 * GitHub's results service as `@actions/artifact` 6 uses it: Twirp calls that create and finalize an artifact, with the
 * blocks of an Azure block blob uploaded in between. It records the uploads. For tests of time limits it can fail at
 * any step.
 *
 * https://learn.microsoft.com/en-us/rest/api/storageservices/put-block-list
 */

import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { JsonObject } from '../json.ts';
import { type Listening, listen } from '../listen.ts';

const TWIRP = '/twirp/github.actions.results.api.v1.ArtifactService/';

export type ArtifactStep = 'CreateArtifact' | 'PutBlock' | 'PutBlockList' | 'FinalizeArtifact';

export interface ArtifactFault {
  readonly step: ArtifactStep;
  /**
   * `hang` never answers. A number is the answer's status; the client retries a 5xx for 16 s (blocks) or 28 s (other
   * calls).
   */
  readonly kind: 'hang' | number;
}

export interface UploadedArtifact {
  readonly name: string;
  readonly mimeType: string;
  /** Set when the client asked for a retention period. */
  readonly expiresAt: Date | undefined;
  /** The uploaded bytes. Empty until the block list arrives. */
  readonly zip: Buffer;
  readonly finalized: boolean;
}

export interface ArtifactServiceOptions {
  /** The address to listen on. 127.0.0.1 by default. */
  readonly host?: string;
  /** The port to listen on. The default, 0, picks a free one. */
  readonly port?: number;
  readonly fault?: ArtifactFault;
}

export interface ArtifactService extends Listening {
  /** The two variables that the runner gives to an action. */
  readonly env: { readonly ACTIONS_RESULTS_URL: string; readonly ACTIONS_RUNTIME_TOKEN: string };
  /** The artifacts, in the order of their creation. */
  readonly artifacts: readonly UploadedArtifact[];
  /** The step of every request, in order, including requests that a fault made fail. */
  readonly steps: readonly ArtifactStep[];
}

type Upload = { -readonly [Key in keyof UploadedArtifact]: UploadedArtifact[Key] };

/** An unsigned token in the runner's format. Its scope names the run and the job. */
export function makeRuntimeToken(): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const claims = { scp: `Actions.GenericRead Actions.Results:${randomUUID()}:${randomUUID()}`, exp: expires };
  return [{ alg: 'none', typ: 'JWT' }, claims, 'signature'].map(encode).join('.');
}

function stepOf(url: URL): ArtifactStep | undefined {
  if (url.pathname === `${TWIRP}CreateArtifact`) return 'CreateArtifact';
  if (url.pathname === `${TWIRP}FinalizeArtifact`) return 'FinalizeArtifact';
  const comp = url.searchParams.get('comp');
  if (comp === 'block') return 'PutBlock';
  return comp === 'blocklist' ? 'PutBlockList' : undefined;
}

/** The artifacts, and what each step does to them. Of HTTP it knows only statuses and bodies. */
class ArtifactStore {
  readonly uploads: Upload[] = [];
  readonly #blocks = new Map<string, Buffer>();

  create(request: JsonObject, origin: string): [status: number, body: unknown] {
    const { name, mime_type: mimeType, expires_at: expiresAt } = request;
    if (typeof name !== 'string') return [400, { code: 'invalid_argument', msg: 'name is required' }];
    if (this.uploads.some((upload) => upload.name === name)) {
      const msg = 'an artifact with this name already exists on the workflow run';
      return [409, { code: 'already_exists', msg }];
    }
    this.uploads.push({
      name,
      mimeType: typeof mimeType === 'string' ? mimeType : '',
      expiresAt: typeof expiresAt === 'string' ? new Date(expiresAt) : undefined,
      zip: Buffer.alloc(0),
      finalized: false,
    });
    // The SDK takes this address for an emulator's, in which the account precedes the container.
    const blob = `${origin}/local/artifacts/${String(this.uploads.length - 1)}`;
    return [200, { ok: true, signed_upload_url: `${blob}?sig=${randomUUID()}` }];
  }

  putBlock(path: string, id: string, content: Buffer): void {
    this.#blocks.set(`${path} ${id}`, content);
  }

  putBlockList(path: string, xml: string): number {
    const upload = this.uploads[Number(path.split('/').at(-1))];
    const blocks = [...xml.matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id]) =>
      this.#blocks.get(`${path} ${id ?? ''}`),
    );
    if (!upload || !blocks.every((block) => block !== undefined)) return 400;
    upload.zip = Buffer.concat(blocks);
    return 201;
  }

  finalize({ name, size, hash }: JsonObject): [status: number, body: unknown] {
    const index = this.uploads.findIndex((upload) => upload.name === name);
    const upload = this.uploads[index];
    if (!upload) return [404, { code: 'not_found', msg: 'no such artifact' }];
    const digest = `sha256:${createHash('sha256').update(upload.zip).digest('hex')}`;
    if (size !== String(upload.zip.length) || hash !== digest) {
      return [400, { code: 'invalid_argument', msg: 'size or hash differ from the uploaded bytes' }];
    }
    upload.finalized = true;
    return [200, { ok: true, artifact_id: String(index + 1) }];
  }
}

/** Starts the service; it answers as soon as the promise resolves. */
export async function startArtifactService({
  host = '127.0.0.1',
  port = 0,
  fault,
}: ArtifactServiceOptions = {}): Promise<ArtifactService> {
  const store = new ArtifactStore();
  const steps: ArtifactStep[] = [];
  const token = makeRuntimeToken();

  const reply = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const origin = `http://${request.headers.host ?? ''}`;
    const url = new URL(request.url ?? '/', origin);
    const step = stepOf(url);
    if (!step) {
      request.resume();
      reply(response, 404, { code: 'bad_route', msg: `no handler for ${url.pathname}` });
      return;
    }
    steps.push(step);
    const body = await buffer(request);
    if (fault?.step === step) {
      if (fault.kind !== 'hang') reply(response, fault.kind, { code: 'internal', msg: 'a fault of the test' });
      return;
    }
    if (step === 'PutBlock' || step === 'PutBlockList') {
      let status = 201;
      if (step === 'PutBlock') store.putBlock(url.pathname, url.searchParams.get('blockid') ?? '', body);
      else status = store.putBlockList(url.pathname, body.toString());
      response.writeHead(status, { 'x-ms-request-id': randomUUID(), 'x-ms-version': '2025-11-05' }).end();
      return;
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      reply(response, 401, { code: 'unauthenticated', msg: 'wrong runtime token' });
      return;
    }
    const message = JSON.parse(body.toString()) as JsonObject;
    reply(response, ...(step === 'CreateArtifact' ? store.create(message, origin) : store.finalize(message)));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // Either the client gave up in mid-body, or there is a bug here, which must be visible.
      reply(response, 500, { code: 'internal', msg: String(error) });
    });
  });
  const listening = await listen(server, host, port);

  return {
    ...listening,
    env: { ACTIONS_RESULTS_URL: `http://${host}:${String(listening.port)}/`, ACTIONS_RUNTIME_TOKEN: token },
    artifacts: store.uploads,
    steps,
  };
}
