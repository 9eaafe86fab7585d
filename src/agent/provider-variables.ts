import type { Config } from '../config/config.ts';
import type { AgentVariable } from '../shared/provider-entry.ts';
import { PROVIDERS, type Provider, type ProviderId } from '../shared/providers.ts';

/** The variables of the provider table that apply to a run. */
export function activeVariables(config: Config): { provider: Provider; variable: AgentVariable }[] {
  if (!config.apiProxy) return [];
  return PROVIDERS.flatMap((provider) => {
    const configured = config.providers.find((candidate) => candidate.provider.id === provider.id);
    return provider.agentVariables
      .filter(({ when }) => {
        if (when === 'always') return true;
        if (when === 'configured') return configured !== undefined;
        return configured?.given.includes(when.credential) === true;
      })
      .map((variable) => ({ provider, variable }));
  });
}

/** A user's own choice of a model, if there is one. */
export interface ModelQuestion {
  readonly name?: string;
}

/** Which providers are asked for a model: those with a variable for it that the user has not set. */
export function modelQuestions(
  config: Config,
  { variables }: { readonly variables: Readonly<Record<string, string>> },
): ReadonlyMap<ProviderId, ModelQuestion> {
  const choices = activeVariables(config).filter(({ variable }) => variable.role === 'model-choice');
  const byProvider = Map.groupBy(choices, ({ provider }) => provider.id);
  return new Map(
    [...byProvider]
      .filter(([, all]) => all.some(({ variable }) => variables[variable.name] === undefined))
      .map(([id, [model]]) => {
        // The first of them names the model.
        const name = model && variables[model.variable.name];
        return [id, name === undefined ? {} : { name }];
      }),
  );
}
