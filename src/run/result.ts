import type { Config } from '../config/config.ts';
import { optionName } from '../config/options.ts';
import { maskCredentials, type Secrets } from '../config/secrets.ts';
import { printableText } from '../host/file-names.ts';
import type { Reporter } from '../reporter.ts';
import type { Progress } from './progress.ts';

/** @returns the text of the file that `result-file` names, with credentials masked; empty if it cannot be used, which is said */
export function resultOf(
  { frontEnd, resultFile }: Config,
  secrets: Secrets,
  { result }: Pick<Progress, 'result'>,
  reporter: Reporter,
): string {
  if (resultFile === undefined || result === undefined) return '';
  if (result.kind === 'text') return maskCredentials(result.text, secrets);
  const name = `${optionName(frontEnd, 'result-file')}: ${printableText(resultFile)}`;
  if (result.kind === 'missing') reporter.info(`${name} does not exist; the output result is empty.`);
  else reporter.warning(`${name} ${result.why}; the output result is empty.`);
  return '';
}
