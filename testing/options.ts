/** Options in the form in which a front end passes them, for tests and benchmarks that have no front end. */

import { egressOf } from '../src/config/egress-build.ts';
import type { EgressRules } from '../src/config/egress-rules.ts';
import type { OptionValues } from '../src/config/options.ts';
import { readOptions, type FrontEnd } from '../src/config/read.ts';
import { throwProblems } from '../src/errors.ts';

/** The action's inputs: the given options by name, the credentials by variable. */
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

/** The values read from the inputs. @throws UserError for a mistake in one of them */
export function valuesOf(options: Readonly<Record<string, string>>, workspace = '/workspace'): OptionValues {
  const { values, problems } = readOptions(inputs(options), {}, workspace);
  throwProblems(problems);
  return values;
}

/** The rules for a text of `allow-domains`, and for further options about what the command may reach. */
export function allowing(text: string, options: Readonly<Record<string, string>> = {}): EgressRules {
  const machine = { environment: {}, home: '/nonexistent', workspace: '/nonexistent', root: '/nonexistent' };
  const { rules, problems } = egressOf(valuesOf({ 'allow-domains': text, ...options }), machine, 'action');
  throwProblems(problems);
  return rules;
}
