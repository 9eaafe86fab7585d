/** What a `*` stands for. */
export interface Gap {
  /** Characters that there must be at least. */
  readonly least: 0 | 1;
  /** Characters that end it. */
  readonly without: RegExp;
}

/**
 * Prepares a pattern in which each `*` stands for a gap. A regular expression with several stars would try every division of
 * the text among them: a rule with three of them, and a path of 16 KB, take hours. Here, each text between stars is sought
 * once, from the end of the one before. A later place is never better where all gaps are alike: its gap would only be
 * longer. Where a gap may hold less than the one before it, a text may be refused that a regular expression would take, never
 * the other way round.
 *
 * @param gapBefore the gap in front of a text
 */
export function globMatcher(pattern: string, gapBefore: (text: string) => Gap): (text: string) => boolean {
  const [first = '', ...others] = pattern.split('*');
  const middle = others.map((text) => ({ text, ...gapBefore(text) }));
  const last = middle.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last.text)) return false;
    let at = first.length;
    const takesGap = (end: number, { least, without }: Gap): boolean =>
      end >= at + least && !without.test(text.slice(at, end));
    for (const part of middle) {
      const found = text.indexOf(part.text, at + part.least);
      if (found < 0 || !takesGap(found, part)) return false;
      at = found + part.text.length;
    }
    return takesGap(text.length - last.text.length, last);
  };
}
