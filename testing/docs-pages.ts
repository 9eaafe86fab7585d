/** The parts of README and docs that are written from the sources: examples, inputs, outputs, what is protected by default. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { parse } from 'yaml';
import { PROTECTED_BY_PROGRAM } from '../src/config/default-protected.ts';
import { nameIn, optionNamed } from '../src/config/options.ts';
import type { Option } from '../src/config/option.ts';
import { policyKeys } from '../src/policy/keys.ts';
import { ROOT } from './root.ts';

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

/** The headings of docs/inputs.md, each with the first input of its group in action.yml. */
const GROUPS: readonly (readonly [heading: string, first: string])[] = [
  ['The command', 'run'],
  ['Keys', 'openai-api-key'],
  ['Other upstreams', 'openai-api-target'],
  ['What passes to the providers', 'allow-endpoints'],
  ['GitHub, and other hosts with credentials', 'github-token'],
  ['Network', 'policy'],
  ['Environment and files', 'env'],
  ['Limits', 'memory'],
  ['Spending', 'check-keys'],
  ['Results and logs', 'agent-logs'],
];

/** Where an input has a section of its own. */
const SECTIONS: Readonly<Record<string, string>> = {
  'allow-domains': 'network.md#allow-domains',
  presets: 'presets.md',
  policy: 'policy.md',
  'policy-ref': 'policy.md#pull-requests',
  'egress-policy': 'network.md#audit-mode',
  'allow-services': 'network.md#services-of-the-job',
  transparent: 'network.md#programs-that-ignore-the-proxy-variables',
  'allow-private-networks': 'self-hosted.md#private-networks',
  'upstream-proxy': 'self-hosted.md#a-proxy',
  'dns-servers': 'self-hosted.md#dns',
  subnet: 'self-hosted.md#subnets',
  'github-token': 'hosts.md#github',
  'github-access': 'hosts.md#github',
  'host-credentials': 'hosts.md#give-a-host-a-credential',
  'host-rules': 'hosts.md#decide-what-may-be-asked',
  'allow-endpoints': 'providers.md#allow-endpoints',
  'allow-provider-tools': 'providers.md#allow-provider-tools',
  'copilot-api-target': 'providers.md#copilots-host',
  'openai-api-target': 'providers.md#another-upstream',
  'openai-auth-header': 'providers.md#headers-for-credentials',
  'max-requests': 'providers.md#budgets',
  'max-tokens': 'providers.md#budgets',
  'max-cost-usd': 'providers.md#budgets',
  prices: 'providers.md#prices',
  mounts: 'sandbox.md#mounts',
  'protect-paths': 'sandbox.md#protect-paths',
  'agent-image': 'sandbox.md#image',
  env: 'sandbox.md#environment',
  'agent-logs': 'outputs.md#agent-logs',
};

const FORMS: Readonly<Record<Option['kind'], string>> = {
  text: 'a value',
  script: 'a script',
  secret: 'a secret',
  'secret-lines': 'secrets, one entry per line',
  choice: 'a word',
  boolean: '`true` or `false`',
  count: 'a whole number above 0',
  lines: 'one entry per line',
  commas: 'one entry per line, or separated by commas',
  variables: 'one entry per line; a `#` inside a line belongs to the entry',
};

/** The pages that have such parts, by their paths. */
export const WRITTEN_PAGES: readonly string[] = [
  'README.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
].filter((path) =>
  /<!-- (example: \S+|examples|inputs|outputs|protected)\b/.test(readFileSync(join(ROOT, path), 'utf8')),
);

/**
 * A page with its written parts as the sources are now. Each stands between two comments: `<!-- example: NAME -->` and
 * `<!-- end of example -->`, and the same for `examples`, `inputs`, `outputs` and `protected`.
 */
export function writtenPage(text: string): Promise<string> {
  const parts: Readonly<Record<string, (name: string) => string>> = {
    example: (name) => `\`\`\`yaml\n${exampleBody(name)}\`\`\``,
    examples: exampleTable,
    inputs: inputSections,
    outputs: outputSections,
    protected: protectedTable,
  };
  const page = text.replace(
    /(<!-- (example|examples|inputs|outputs|protected)(?:: ([\w.-]+)[^>\n]*)? -->\n).*?(<!-- end of \2 -->)/gs,
    (_, start: string, part: string, name: string | undefined, end: string) =>
      `${start}\n${parts[part]?.(name ?? '') ?? ''}\n\n${end}`,
  );
  return format(page, { parser: 'markdown', printWidth: 120, proseWrap: 'always', embeddedLanguageFormatting: 'off' });
}

const example = (name: string): string => readFileSync(join(ROOT, 'examples', name), 'utf8');

/** Without the comments at its beginning. */
export const exampleBody = (name: string): string => example(name).replace(/^(#.*\n)+/, '');

/** What an example is for, from its first line. */
const exampleTitle = (name: string): string => /^(?:#!.*\n)?# Title: (.+)$/m.exec(example(name))?.[1] ?? '';

function exampleTable(): string {
  const names = readdirSync(join(ROOT, 'examples')).filter((name) => name !== 'README.md');
  return [
    '| example | what it does |',
    '| --- | --- |',
    ...names.map((name) => `| [${name}](${name}) | ${exampleTitle(name)} |`),
  ].join('\n');
}

function protectedTable(): string {
  const rows = Object.entries(PROTECTED_BY_PROGRAM).map(
    ([program, paths]) => `| ${program} | ${paths.map((path) => `\`${path}\``).join(', ')} |`,
  );
  return ['| program | paths |', '| --- | --- |', ...rows].join('\n');
}

const action = (): ActionFile =>
  parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'), { schema: 'failsafe' }) as ActionFile;

function inputSections(): string {
  const keys = new Map(
    policyKeys().map(({ option, path, form }) => [option.name, form === 'hosts' ? 'hosts.HOST.rules' : path.join('.')]),
  );
  return Object.entries(action().inputs)
    .flatMap(([name, { description }]) => {
      const heading = GROUPS.find(([, first]) => first === name)?.[0];
      return [
        ...(heading === undefined ? [] : [`## ${heading}`]),
        `### \`${name}\``,
        description.replace(/docs\/([\w-]+\.md)/g, '[$1]($1)'),
        facts(optionNamed(name), keys.get(name)),
      ];
    })
    .join('\n\n');
}

/** How the text is read, and where else it can be given. */
function facts(option: Option, key: string | undefined): string {
  const { name, kind, choices, default: preset, only, variable } = option;
  const form = choices === undefined ? FORMS[kind] : choices.map((choice) => `\`${choice}\``).join(', ');
  const lines = [
    `Form: ${form}`,
    ...(preset === undefined
      ? []
      : [
          `default: ${preset
            .split('\n')
            .map((line) => `\`${line}\``)
            .join(', ')}`,
        ]),
    ...(key === undefined ? [] : [`in a [policy file](policy.md): \`${key}\``]),
    ...(only === 'action' ? [] : [`flag: \`${nameIn('cli', option)}\``]),
    ...(variable === undefined ? [] : [`variable: \`${variable}\``]),
  ];
  const more = SECTIONS[name];
  return `_${lines.join('; ')}._${more === undefined ? '' : ` [More](${more}).`}`;
}

const outputSections = (): string =>
  Object.entries(action().outputs)
    .flatMap(([name, { description }]) => [`### \`${name}\``, description])
    .join('\n\n');
