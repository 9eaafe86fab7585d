import type { FrontEndKind } from '../config/source.ts';
import { isCredentialName, isWithheld } from './environment-policy.ts';

/** Why a variable that `env` names is not there. */
export const unsetText = (name: string, frontEnd: FrontEndKind): string =>
  frontEnd === 'action'
    ? `env lists ${name}, but this step does not set it. Add it under env: of the step.`
    : `--env names ${name}, but it is not set in the environment of awf. Set it, or write --env ${name}=VALUE.`;

/** Why the command gets no variable of this name, and what to do. */
export function whyNot(name: string, frontEnd: FrontEndKind): string {
  if (isCredentialName(name)) {
    const where = frontEnd === 'action' ? 'as an input of the action' : 'in the environment of awf';
    return (
      `Pass the credential ${where}, and the api-proxy injects it. ` +
      `For a program that insists on ${name}, set ${name}=placeholder.`
    );
  }
  return isWithheld(name)
    ? 'It lets a step act on the job, or leads to a program outside the sandbox.'
    : 'The sandbox sets it itself. Leave it out.';
}
