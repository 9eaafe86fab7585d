import type { OptionValues } from './options.ts';
import type { EgressRules } from './egress-rules.ts';

/** What the command may reach, as the options say it. */
export function egressRules(values: OptionValues): EgressRules {
  return { mode: values['egress-policy'], allow: values['allow-domains'], deny: values['deny-domains'] };
}
