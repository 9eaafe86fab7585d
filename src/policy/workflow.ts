import type { Document, LineCounter, Node } from 'yaml';
import { UserError } from '../errors.ts';
import { yamlPackage } from '../host/yaml.ts';
import { isObject, type JsonObject } from '../shared/json.ts';

/** A step of a workflow that runs AWF. */
export interface AwfStep {
  readonly job: string;
  /** Its name or id, or its number in the job. */
  readonly step: string;
  /** Counts from 1. */
  readonly line: number;
  /** The inputs as they are written, by name. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Whether the job itself has a time limit. */
  readonly isLimited: boolean;
}

/** `OWNER/awf@REF`, of any owner, and the repository itself. */
const isAwf = (uses: unknown, inputs: JsonObject): boolean =>
  typeof uses === 'string' && (/^[\w.-]+\/awf@\S+$/.test(uses) || (uses === './' && 'run' in inputs));

/**
 * True for the text of a workflow: a map with jobs.
 *
 * @param text of any file
 */
export function isWorkflow(text: string): boolean {
  return /^jobs\s*:/m.test(text);
}

/**
 * Finds the steps of a workflow that use AWF.
 *
 * @param file names it in messages
 * @throws UserError if the text is no YAML
 */
export function awfSteps(file: string, text: string): AwfStep[] {
  const yaml = yamlPackage();
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new UserError(`${file}, line ${line}: this is not YAML (${error.message.split('\n', 1)[0] ?? ''}).`, {
      hint: 'Correct the line.',
    });
  }
  const workflow: unknown = document.toJS();
  const jobs = isObject(workflow) && isObject(workflow['jobs']) ? workflow['jobs'] : {};
  return Object.entries(jobs).flatMap(([job, value]) => {
    const { steps, 'timeout-minutes': limit } = isObject(value) ? value : {};
    if (!Array.isArray(steps)) return [];
    return steps.flatMap((step: unknown, index): AwfStep[] => {
      const { uses, with: given, name, id } = isObject(step) ? step : {};
      const inputs = isObject(given) ? given : {};
      if (!isAwf(uses, inputs)) return [];
      const title = [name, id].find((one) => typeof one === 'string') ?? String(index + 1);
      const at = lineOf(document, ['jobs', job, 'steps', index], lines);
      return [{ job, step: title, line: at, inputs: textsOf(inputs), isLimited: limit !== undefined }];
    });
  });
}

/** Numbers and truth values are inputs too. GitHub takes nothing else. */
const textsOf = (inputs: JsonObject): Map<string, string> =>
  new Map(
    Object.entries(inputs).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '',
    ]),
  );

function lineOf(document: Document, path: readonly (string | number)[], lines: LineCounter): number {
  const { isMap, isScalar, isSeq } = yamlPackage();
  const node = document.getIn(path, true) as Node | undefined;
  const isNode = isMap(node) || isSeq(node) || isScalar(node);
  return isNode && node.range ? lines.linePos(node.range[0]).line : 1;
}
