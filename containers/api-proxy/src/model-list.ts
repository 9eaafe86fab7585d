import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { ModelChoice } from '../../../src/shared/model-choice.ts';
import type { Provider } from '../../../src/shared/providers.ts';
import type { SidecarProvider } from '../../../src/shared/sidecar-config.ts';
import { errorCode } from './errors.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import { upstreamRequestHeaders } from './request/headers.ts';
import type { Route } from './route.ts';

/** Tells a provider's operator who asks. */
const MODEL_LIST_AGENT = 'awf';

/** What a provider answered when it was asked for its models; the status is null if it did not answer. */
interface ModelListAnswer {
  readonly status: number | null;
  readonly body: string;
}

/**
 * Asks a provider for its models once, when the api-proxy has started: that costs nothing, and tells whether the key is
 * right, and which model there is for a program that insists on one. It writes no record, because the command asked for
 * nothing, and counts against no budget.
 *
 * @returns the variables that choose a model; undefined if none is to be chosen or the list has none
 */
export async function readModelList(
  provider: Provider,
  configured: SidecarProvider,
  route: Route,
  limits: Limits,
  log: Log,
): Promise<ModelChoice | undefined> {
  const { modelList } = provider;
  const { status, body } = await ask(route, modelList.path, limits);
  log.event('debug', 'model-list', { provider: provider.id, status });
  const { wrongKey, choose } = modelList;
  const isWrongKey = status === wrongKey.status && wrongKey.body.test(body);
  if (isWrongKey && configured.checksKey === true) log.notice({ event: 'wrong-key', provider: provider.id, status });
  if (configured.model === undefined || choose === undefined) return undefined;
  const choice = status === 200 ? choose(parsed(body), configured.model.name) : undefined;
  if (choice === undefined && configured.model.name === undefined && !isWrongKey) {
    log.notice({ event: 'no-model', provider: provider.id, status });
  }
  return choice;
}

async function ask(route: Route, path: string, limits: Limits): Promise<ModelListAnswer> {
  const { upstreamPath, rules, authority, agent } = route;
  const [bare = '', query] = path.split('?');
  const admitted = { method: 'GET', path: bare, query: '', body: 0, nominated: [] } as const;
  const headers = ['accept', 'application/json', 'user-agent', MODEL_LIST_AGENT, 'accept-encoding', 'identity'];
  const request = httpRequest({
    agent,
    path: upstreamPath(bare) + (query === undefined ? '' : `?${query}`),
    headers: upstreamRequestHeaders(headers, admitted, rules, authority),
    maxHeaderSize: limits.upstreamHeadBytes,
  });
  const timer = setTimeout(() => request.destroy(new Error('timeout')), limits.modelListMs);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject).end();
    });
    return { status: response.statusCode ?? null, body: await textOf(response, limits.modelListBytes) };
  } catch (error) {
    // A request of the command's that fails in the same way will say why.
    return { status: null, body: errorCode(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** @throws Error if the body is longer than `limit` */
async function textOf(response: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new Error('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
