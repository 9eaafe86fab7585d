/**
 * Prepares a list of names for comparison. A pattern may have one `*`, which stands for any characters or none.
 *
 * @returns whether a name is on the list; capitals matter
 */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const open = patterns.flatMap((pattern) => {
    const star = pattern.indexOf('*');
    return star < 0 ? [] : [{ start: pattern.slice(0, star), end: pattern.slice(star + 1) }];
  });
  return (name) =>
    exact.has(name) ||
    open.some(
      ({ start, end }) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end),
    );
}
