import type { Provider } from '../../../../src/shared/providers.ts';
import {
  MODEL_IN_PATH,
  MODEL_IN_QUERY,
  PROVIDER_TOOLS,
  type BodyRules,
  type ProviderTool,
} from '../../../../src/shared/provider-tools.ts';
import { printable } from '../errors.ts';
import { headerValue, type RawHeaders } from '../request/raw-headers.ts';
import type { AdmittedRequest } from '../request/admission.ts';
import { parameterValues } from '../request/request-target.ts';
import { hostedTool, JsonJudge } from './body-judge.ts';
import type { BodyJudge } from './judge.ts';
import { isPlainJson } from './plain-json.ts';
import { bodyUnreadable, toolNotAllowed } from './refusals.ts';

/** Keeps a provider from fetching, connecting or running something for the command, unless the workflow allows it. */
export class ToolGuard {
  readonly #provider: Provider;
  readonly #allowed: ReadonlySet<ProviderTool>;
  readonly #judges = new Map<BodyRules, JsonJudge>();

  constructor(provider: Provider, allowed: readonly ProviderTool[]) {
    this.#provider = provider;
    this.#allowed = new Set(allowed);
  }

  /**
   * @returns the judge of the request's body or messages; undefined if everything is allowed
   * @throws ProxyError 403 for what its head tells
   */
  admit({ method, path, query, body }: AdmittedRequest, rawHeaders: RawHeaders): BodyJudge | undefined {
    if (PROVIDER_TOOLS.every((tool) => this.#allowed.has(tool))) return undefined;
    this.#checkHeaders(rawHeaders);
    if (body !== 0 && !isPlainJson(rawHeaders)) throw bodyUnreadable('request body');
    const judge = this.#judgeFor(this.#provider.bodyRules(path));
    // A GET asks what there is to say about the model.
    const model = method === 'POST' ? MODEL_IN_PATH.exec(path)?.[0] : undefined;
    if (model !== undefined) judge.checkModel(model);
    for (const name of parameterValues(query.slice(1), MODEL_IN_QUERY)) judge.checkModel(name);
    return judge;
  }

  #checkHeaders(rawHeaders: RawHeaders): void {
    for (const { name, hosted } of this.#provider.toolHeaders) {
      for (const value of headerValue(rawHeaders, name)?.split(',') ?? []) {
        const text = value.trim().toLowerCase();
        const tool = hostedTool(hosted, text);
        if (tool && !this.#allowed.has(tool)) throw toolNotAllowed(`the ${name} "${printable(text)}"`, tool);
      }
    }
  }

  #judgeFor(rules: BodyRules): JsonJudge {
    let judge = this.#judges.get(rules);
    if (!judge) {
      judge = new JsonJudge(rules, this.#allowed);
      this.#judges.set(rules, judge);
    }
    return judge;
  }
}
