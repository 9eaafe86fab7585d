import type { PolicyOrigin } from '../config/config.ts';
import { optionNamed } from '../config/options.ts';
import { realDirectory } from '../config/parsers.ts';
import type { FrontEnd, PolicyReading } from '../config/read.ts';
import type { Given } from '../config/source.ts';
import { collectProblems, type UserError } from '../errors.ts';
import { readPolicy } from './check.ts';
import { findPolicy, placeInWorkspace } from './find.ts';

/**
 * Finds and reads the policy file of a run.
 *
 * @param workspace an absolute path
 * @returns what it gives, where it came from, and what is wrong with it
 */
export function loadPolicy(frontEnd: FrontEnd, environment: NodeJS.ProcessEnv, workspace: string): PolicyReading {
  const problems: UserError[] = [];
  const real = realDirectory(`the workspace (${workspace})`, workspace);
  const given = placeIn(frontEnd);
  const search = collectProblems(problems, () => findPolicy({ ...given, environment, workspace: real }));
  const place = placeInWorkspace({ ...given, workspace: real });
  const nothing: PolicyReading = { entries: new Map(), origin: undefined, place, problems, warnings: [] };
  if (search === undefined) return nothing;
  if ('warning' in search) return { ...nothing, warnings: [search.warning] };
  const { origin, content } = search.found;
  return { ...nothing, ...readPolicy(placeName(origin), content), origin };
}

/** Lines of a file mean nothing without the commit that they are from. */
const placeName = ({ file, commit }: PolicyOrigin): string =>
  commit === undefined ? file : `${file} (${commit.slice(0, 12)})`;

function placeIn(frontEnd: FrontEnd): { policy: Given | undefined; policyRef: Given | undefined } {
  const last = (name: string): Given | undefined =>
    frontEnd
      .given(optionNamed(name))
      .map((given) => ({ ...given, text: given.text.trim() }))
      .findLast(({ text }) => text !== '');
  return { policy: last('policy'), policyRef: last('policy-ref') };
}
