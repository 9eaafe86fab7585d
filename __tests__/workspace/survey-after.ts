import { keyOf, survey, type AfterOptions, type Survey } from '../../src/workspace/survey.ts';

/** A survey after the command, for which `before` is what was there. */
export function surveyAfter(root: string, before?: Survey, limitMs = Infinity): Promise<Survey> {
  const known = new Set(before?.findings.map(keyOf));
  const after: AfterOptions = { known };
  return survey(root, limitMs, after);
}

/** The paths of the findings of one kind. */
export const pathsIn = ({ findings }: Survey, kind: string): string[] =>
  findings.filter((finding) => finding.kind === kind).map(({ path }) => path);
