import type { Option } from './option.ts';
import { anyText } from './parsers.ts';
import { presetEntry } from './entries.ts';
import { allowEntry, denyEntry, knownEntry } from './egress-entry.ts';
import { serviceEntry } from './services.ts';
import { EGRESS_MODES } from './egress-rules.ts';

/** The options about what the command may reach. */
export const EGRESS = [
  {
    name: 'policy',
    kind: 'text',
    parse: anyText,
    description: 'a policy file, by default .github/awf.yml where that exists; none for no file',
  },
  {
    name: 'policy-ref',
    kind: 'text',
    parse: anyText,
    description: 'the commit that the policy file is read from; in a pull request, its base by default',
  },
  {
    name: 'allow-domains',
    kind: 'commas',
    parse: allowEntry,
    description: 'domains and presets that the command may reach',
  },
  {
    name: 'deny-domains',
    kind: 'commas',
    parse: denyEntry,
    description: 'domains that stay closed, whatever allows them',
  },
  { name: 'presets', kind: 'commas', parse: presetEntry, description: 'presets to allow, or auto to propose some' },
  {
    name: 'egress-policy',
    kind: 'choice',
    choices: EGRESS_MODES,
    default: 'block',
    description: 'refuse what is not allowed, or (audit) let it pass and report it; private destinations stay closed',
  },
  {
    name: 'transparent',
    kind: 'boolean',
    default: 'true',
    description: 'carry programs that ignore the proxy variables too; needs the api-proxy',
  },
  {
    name: 'allow-services',
    kind: 'commas',
    parse: serviceEntry,
    description: 'name:port of services of the job and of servers on the runner (localhost:port)',
  },
  {
    name: 'fail-on-blocked',
    kind: 'boolean',
    default: 'false',
    description: 'fail if a request was refused, except for known-blocked and the usual side traffic of agent programs',
  },
  {
    name: 'known-blocked',
    kind: 'commas',
    parse: knownEntry,
    description: 'domains and addresses whose refusal is expected',
  },
] as const satisfies readonly Option[];
