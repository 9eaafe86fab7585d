/** What a line says besides its words. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly note: (text: string) => string;
}

const inColour =
  (code: number) =>
  (text: string): string =>
    `\u001b[${code}m${text}\u001b[39m`;

const plain = (text: string): string => text;

/** @param isColoured whether the reader understands ANSI's colours, and wants them */
export const paintFor = (isColoured: boolean): Paint =>
  isColoured ? { good: inColour(32), bad: inColour(31), note: inColour(33) } : { good: plain, bad: plain, note: plain };
