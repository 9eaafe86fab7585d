import * as core from '@actions/core';
import type { RunReporter } from '../reporter.ts';

/**
 * Takes from a text what the runner reads as a log command: `::` at the start of a line, after spaces too, and `##[` anywhere.
 * Names that the command chose may be in it. U+0085 is a space for .NET, in which the runner is written, and not for us.
 */
const inert = (text: string): string => text.replace(/^([\s\u0085]*):(?=:)/gm, '$1: ').replaceAll('##[', '## [');

/** The title of messages without one of their own. */
const TITLE = { title: 'AWF' };

/** Messages as the runner shows them: everything that is AWF's begins with its name, or is in a group that does. */
export const actionReporter: RunReporter = {
  debug: (message) => {
    core.info(inert(`AWF debug: ${message}`));
  },
  info: (message) => {
    core.info(inert(`AWF: ${message}`));
  },
  warning: (message) => {
    core.warning(message, TITLE);
  },
  error: (message) => {
    core.error(message, TITLE);
  },
  group: (title, lines) => {
    if (lines.length === 0) {
      core.info(inert(`AWF ${title}`));
      return;
    }
    core.startGroup(`AWF ${title}`);
    for (const line of lines) core.info(inert(line));
    core.endGroup();
  },
};
