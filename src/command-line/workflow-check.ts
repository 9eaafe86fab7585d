import { egressOf, thisMachine, unknownWords } from '../config/egress-build.ts';
import { isBareWord, type EgressEntry } from '../config/egress-entry.ts';
import { namedIn, nameWarnings } from '../config/look-alikes.ts';
import { isAllowed, type EgressRules } from '../config/egress-rules.ts';
import { OPTIONS, type OptionValues } from '../config/options.ts';
import { checkEntries } from '../config/checks.ts';
import { readOptions, type FrontEnd } from '../config/read.ts';
import { realDirectory } from '../config/parsers.ts';
import { placeOf } from '../config/source.ts';
import { describeError, UserError } from '../errors.ts';
import { awfSteps, type AwfStep } from '../policy/workflow.ts';
import { GITHUB_TOKEN_VARIABLES } from '../shared/github-token.ts';
import type { Answer } from './subcommand.ts';

/** What a step allows, and what is wrong with it. */
interface CheckedStep {
  readonly job: string;
  readonly step: string;
  readonly line: number;
  readonly allowed: readonly { readonly entry: string; readonly means: string }[];
  readonly mistakes: readonly { readonly message: string; readonly hint: string | null }[];
  readonly warnings: readonly string[];
}

/** `awf policy check WORKFLOW`: what the steps that use AWF allow, without a run. */
export function checkWorkflow(
  file: string,
  text: string,
  { environment, workspace, asJson }: { environment: NodeJS.ProcessEnv; workspace: string; asJson: boolean },
): Answer {
  const steps = awfSteps(file, text).map((step) => checked(step, environment, workspace));
  const exitCode = steps.some(({ mistakes }) => mistakes.length > 0) ? 1 : 0;
  if (asJson) return { text: `${JSON.stringify({ file, steps })}\n`, exitCode };
  if (steps.length === 0) return { text: `${file} has no step that uses AWF.\n`, exitCode };
  return { text: `${steps.map((step) => stepText(file, step)).join('\n\n')}\n`, exitCode };
}

function stepText(file: string, { job, step, line, allowed, mistakes, warnings }: CheckedStep): string {
  const width = Math.max(0, ...allowed.map(({ entry }) => entry.length));
  return [
    `${file}, job ${job}, step "${step}" (line ${line})`,
    ...(allowed.length === 0 ? ['  ✔ no host is allowed; models are reached all the same'] : []),
    ...allowed.map(({ entry, means }) => `  ✔ ${entry.padEnd(width)}  ${means}`),
    ...mistakes.map(({ message, hint }) => `  ✘ ${[message, hint ?? ''].join(' ').trim().replaceAll('\n', ' ')}`),
    ...warnings.map((warning) => `  ⚠ ${warning}`),
  ].join('\n');
}

function checked(step: AwfStep, environment: NodeJS.ProcessEnv, workspace: string): CheckedStep {
  const real = realDirectory('the current directory', workspace);
  const reading = readOptions(frontEndOf(step), {}, real);
  const { values } = reading;
  const machine = thisMachine(values.env, environment, real);
  const { rules } = egressOf(values, machine, 'action');
  const mistakes = [
    ...unknownInputs(step),
    ...writtenSecrets(step),
    ...reading.problems,
    ...unknownWords(values, 'add-hosts'),
    ...checkEntries(values),
  ];
  return {
    ...{ job: step.job, step: step.step, line: step.line },
    allowed: allowedOf(values, rules),
    mistakes: mistakes.map((problem) => ({ message: problem.message, hint: problem.hint ?? null })),
    warnings: [...reading.warnings, ...nameWarnings(rules.allow, namedIn(values)), ...advice(step, values, rules)],
  };
}

const EXPRESSION = /\$\{\{.*?\}\}/gs;
/** A line that may become any number of variables. */
const UNKNOWN_NAME = /^[ \t]*\$\{\{.*$/gm;

/** The inputs of a step. What only a run knows is left out of lists, and stands for a word elsewhere. */
function frontEndOf({ inputs }: AwfStep): FrontEnd {
  return {
    kind: 'action',
    given: ({ name, kind }) => {
      const text = inputs.get(name);
      if (text === undefined || kind === 'secret') return [];
      const isList = kind === 'commas' || kind === 'lines';
      const hasExpression = /\$\{\{/.test(text);
      if (hasExpression && !isList && kind !== 'script' && kind !== 'variables' && kind !== 'secret-lines') return [];
      const known = isList
        ? text
            .split('\n')
            .map((line) => (line.includes('${{') ? '' : line))
            .join('\n')
        : (kind === 'variables' ? text.replace(UNKNOWN_NAME, '') : text).replace(EXPRESSION, 'expression');
      return [{ text: known, source: { kind: 'input', name } }];
    },
  };
}

function unknownInputs({ inputs }: AwfStep): UserError[] {
  const known = OPTIONS.filter(({ only }) => only !== 'cli').map(({ name }) => name);
  return [...inputs.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = known.filter(
        (one) => one.includes(name) || name.includes(one) || one.replaceAll('-', '') === name.replaceAll('_', ''),
      );
      const hint =
        near.length > 0 ? `Did you mean ${near.slice(0, 3).join(' or ')}?` : 'docs/reference.md lists the inputs.';
      return new UserError(`"${name}" is not an input of AWF.`, { hint });
    });
}

/** Everybody who can read the repository can read them. The value is not repeated. */
function writtenSecrets({ inputs }: AwfStep): UserError[] {
  return OPTIONS.filter(({ kind }) => kind === 'secret')
    .map(({ name }) => ({ name, text: (inputs.get(name) ?? '').trim() }))
    .filter(({ text }) => text !== '' && !text.includes('${{'))
    .map(
      ({ name }) =>
        new UserError(`${name} is written into the workflow.`, {
          hint: `Store it as a secret: ${name}: \${{ secrets.NAME }}`,
        }),
    );
}

/** Each entry with what it means; a preset with its hosts on this machine. */
function allowedOf(values: OptionValues, { allow }: EgressRules): CheckedStep['allowed'] {
  const hostsOf = (source: EgressEntry['source']): string =>
    allow
      .filter((entry) => entry.preset !== undefined && entry.source === source)
      .map(({ text }) => text)
      .join(', ');
  const presetText = (source: EgressEntry['source']): string =>
    hostsOf(source) === '' ? 'a preset that has no further hosts on this machine' : `preset: ${hostsOf(source)}`;
  const unknown = unknownWords(values, 'add-hosts').map(({ message }) => message);
  const own = values['add-hosts'].map(({ name }) => name);
  const written = values['allow-domains']
    .filter((entry) => !unknown.some((message) => message.startsWith(`${placeOf(entry.source)}: "${entry.text}"`)))
    .map((entry) => {
      const isPreset = isBareWord(entry) && !own.includes(entry.host);
      return { entry: entry.text, means: isPreset ? presetText(entry.source) : meaningOf(entry) };
    });
  const presets = values.presets.flatMap(({ preset, source }) =>
    preset === 'auto' ? [] : [{ entry: preset.name, means: presetText(source) }],
  );
  return [...written, ...presets];
}

function meaningOf({ match, schemes, port }: EgressEntry): string {
  const names = { host: 'this host only', domain: 'and its subdomains', subdomains: 'subdomains only' }[match];
  const scheme = schemes.length > 1 ? '' : `, ${schemes[0] ?? ''} only`;
  return `${names}${scheme}${port === undefined ? '' : `, port ${String(port)}`}`;
}

function advice({ inputs, isLimited }: AwfStep, values: OptionValues, rules: EgressRules): string[] {
  const token = values.env.find(({ name }) => GITHUB_TOKEN_VARIABLES.some((known) => known === name))?.name;
  const isOpen = ['github.com', 'api.github.com'].some((host) => isAllowed(rules, 'https', host));
  const hasKey = OPTIONS.some(({ name, kind }) => kind === 'secret' && (inputs.get(name) ?? '') !== '');
  const limits = [values['max-tokens'], values['max-requests'], values['max-cost-usd']];
  const missing = [
    ...(values['timeout-minutes'] === undefined && !isLimited && !inputs.has('timeout-minutes')
      ? ['timeout-minutes']
      : []),
    ...(hasKey && limits.every((limit) => limit === undefined) ? ['max-tokens or max-cost-usd'] : []),
  ];
  return [
    ...(token !== undefined && isOpen
      ? [
          `env: ${token}: with github.com allowed, the command can write wherever the token may. Use the input github-token instead.`,
        ]
      : []),
    ...(missing.length === 0
      ? []
      : [`No ${missing.join(', and no ')}: the run has no such limit, unless a policy file sets one.`]),
  ];
}

/** `awf policy check` for a list of entries, one per line, or for flags. */
export function checkList(
  frontEnd: FrontEnd,
  { environment, workspace, asJson }: { environment: NodeJS.ProcessEnv; workspace: string; asJson: boolean },
): Answer {
  const real = realDirectory('the current directory', workspace);
  const { values, problems } = readOptions(frontEnd, environment, real);
  const { rules } = egressOf(values, thisMachine(values.env, environment, real), frontEnd.kind);
  const mistakes = [...problems, ...unknownWords(values, '--add-hosts'), ...checkEntries(values)];
  const allowed = allowedOf(values, rules);
  const exitCode = mistakes.length > 0 ? 1 : 0;
  if (asJson) {
    const listed = mistakes.map((problem) => ({ message: problem.message, hint: problem.hint ?? null }));
    return { text: `${JSON.stringify({ allowed, mistakes: listed })}\n`, exitCode };
  }
  const width = Math.max(0, ...allowed.map(({ entry }) => entry.length));
  const lines = [
    ...allowed.map(({ entry, means }) => `✔ ${entry.padEnd(width)}  ${means}`),
    ...mistakes.map((problem) => `✘ ${describeError(problem).replaceAll('\n', ' ')}`),
  ];
  return { text: `${lines.length === 0 ? 'Nothing is allowed.' : lines.join('\n')}\n`, exitCode };
}
