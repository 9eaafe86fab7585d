import type { Config } from '../config/config.ts';
import type { ConfiguredProvider } from '../config/providers.ts';
import type { AgentVariable, ProgramMode } from '../shared/provider-entry.ts';
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
        if (typeof when === 'string') return configured !== undefined && when === modeOf(config, configured);
        return configured?.given.includes(when.credential) === true;
      })
      .map((variable) => ({ provider, variable }));
  });
}

/** A key belongs to a provider of the user's own. A token works in both modes, and the user decides. */
function modeOf({ copilotMode }: Config, { provider, given }: ConfiguredProvider): ProgramMode {
  const needed = provider.credentials.find(({ variable, mode }) => mode && given.includes(variable))?.mode;
  return needed ?? (copilotMode === 'provider' ? 'provider-mode' : 'own-mode');
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
