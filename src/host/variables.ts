/** The value of a variable. An empty one counts as not set, as for most programs. */
export function nonEmpty(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}
