/** Options as a front end hands them over, for tests and benchmarks that need no front end. */

import { allowList, type AllowList } from '../src/config/allow-list.ts';
import { readOptions, type FrontEnd } from '../src/config/read.ts';
import { throwProblems } from '../src/errors.ts';

/** The action's inputs: the given ones by name, and the credentials by variable. */
export function inputs(
  options: Readonly<Record<string, string>> = {},
  credentials: Readonly<Record<string, string>> = {},
): FrontEnd {
  return {
    kind: 'action',
    given: (option) => {
      const text = option.kind === 'secret' ? credentials[option.variable] : options[option.name];
      return text === undefined ? [] : [{ text, source: { kind: 'input', name: option.name } }];
    },
  };
}

/** What the text of `allow-domains` allows. */
export function allowing(text: string): AllowList {
  const { values, problems } = readOptions(inputs({ 'allow-domains': text }), {}, '/workspace');
  throwProblems(problems);
  return allowList(values['allow-domains']);
}
