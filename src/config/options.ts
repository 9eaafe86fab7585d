import { PROVIDERS } from '../shared/providers.ts';
import { LOG_LEVELS } from '../shared/log-level.ts';

/** How an option's text is read. `lines` takes one entry a line; `commas` also takes commas. */
export type OptionKind = 'text' | 'secret' | 'lines' | 'commas' | 'boolean' | 'count';

export interface Option {
  /** The action's input and, with `--` before it, the command line's flag. */
  readonly name: string;
  readonly kind: OptionKind;
  /** For the command line's help; `action.yml` has the long form. */
  readonly description: string;
  readonly default?: string;
  /** The only values. */
  readonly choices?: readonly string[];
  /** The front end that has it; both when absent. */
  readonly only?: 'action' | 'cli';
  /** A variable that stands in for the option. */
  readonly variable?: string;
}

/** What programs on the host read by themselves, and what then runs. */
const PROTECTED: readonly string[] = ['.github/workflows', '.mcp.json', '.claude', '.vscode', '.envrc', '.husky'];

/** Every option, once. The inputs, the flags and the check of `action.yml` derive from this table. */
export const OPTIONS: readonly Option[] = [
  { name: 'run', kind: 'text', only: 'action', description: 'the command, a script of any number of lines' },
  { name: 'shell', kind: 'text', only: 'action', default: 'bash', description: 'bash, sh, or a template with {0}' },
  { name: 'working-directory', kind: 'text', description: 'where the command starts, inside the workspace' },
  ...PROVIDERS.flatMap(({ credentials }) =>
    credentials.map(({ input, label }): Option => ({
      name: input,
      kind: 'secret',
      only: 'action',
      description: label,
    })),
  ),
  ...PROVIDERS.map(({ targetInput, targetVariable, name }): Option => ({
    name: targetInput,
    kind: 'text',
    variable: targetVariable,
    description: `upstream for ${name}: host[:port][/base/path]`,
  })),
  {
    name: 'allow-endpoints',
    kind: 'lines',
    description: 'provider METHOD /path/pattern, beside the inference endpoints that pass the api-proxy',
  },
  { name: 'allow-domains', kind: 'commas', description: 'domains that the command may reach' },
  { name: 'add-hosts', kind: 'lines', description: 'name:address, permitted for that name even if it is private' },
  {
    name: 'upstream-ca',
    kind: 'text',
    description: 'PEM file of CAs that the api-proxy trusts beside the public ones',
  },
  { name: 'env', kind: 'lines', description: 'NAME or NAME=value, passed to the command' },
  {
    name: 'env-all',
    kind: 'boolean',
    default: 'false',
    description: 'pass the whole environment, less what is withheld',
  },
  { name: 'mounts', kind: 'lines', only: 'action', description: 'source[:target][:rw]' },
  { name: 'mount', kind: 'lines', only: 'cli', description: 'source[:target][:rw]' },
  {
    name: 'protect-paths',
    kind: 'lines',
    default: PROTECTED.join('\n'),
    description: 'paths of the workspace that are read-only, or with report: before them compared; none for no path',
  },
  { name: 'agent-image', kind: 'text', description: "an image instead of the host's toolchain" },
  { name: 'memory', kind: 'text', default: '6g', description: "the command's memory limit" },
  { name: 'pids', kind: 'count', default: '4096', description: "the command's process limit" },
  {
    name: 'timeout-minutes',
    kind: 'text',
    description: 'run time of the command; then it is told to end, and killed 10 seconds later',
  },
  { name: 'max-requests', kind: 'count', description: 'requests to the providers that the run may make' },
  { name: 'max-tokens', kind: 'count', description: "tokens that the run may use, the prompts' and the answers'" },
  {
    name: 'upload-logs',
    kind: 'text',
    only: 'action',
    default: 'always',
    choices: ['always', 'on-failure', 'never'],
    description: 'when the logs become an artifact',
  },
  { name: 'artifact-name', kind: 'text', only: 'action', description: 'awf-logs and a unique suffix' },
  { name: 'retention-days', kind: 'count', only: 'action', description: "the artifact's; the repository's default" },
  { name: 'log-level', kind: 'text', default: 'info', choices: LOG_LEVELS, description: 'how much is said' },
  { name: 'enable-api-proxy', kind: 'boolean', only: 'cli', default: 'false', description: 'start the api-proxy' },
  { name: 'proxy-logs-dir', kind: 'text', only: 'cli', description: "where Squid's logs go" },
  {
    name: 'keep-containers',
    kind: 'boolean',
    only: 'cli',
    default: 'false',
    description: 'leave the containers behind',
  },
];
