/**
 * The id that the step has in its workflow. The runner makes one up for a step without an id (`__run`, `__OWNER_awf`), and
 * `act` counts those; such a name tells nobody anything.
 *
 * @returns undefined for a step without an id of its own
 */
export function stepLabel({ GITHUB_ACTION: id = '' }: NodeJS.ProcessEnv): string | undefined {
  return /^(?!__)[A-Za-z_][\w-]{0,79}$/.test(id) ? id : undefined;
}
