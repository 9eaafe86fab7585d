import { OUTPUT_FILE_LIMIT, type WrittenFile } from '../agent/command-files.ts';
import { maskCredentials, type Secrets } from '../config/secrets.ts';

/** The command's outputs, and warnings about the rest of its file. */
export interface AgentOutputs {
  readonly values: Readonly<Record<string, string>>;
  /** One sentence each. They quote nothing that the command wrote. */
  readonly warnings: readonly string[];
}

/** The largest number of outputs. */
const MAX_OUTPUTS = 256;
/** GitHub accepts 1 MiB of UTF-16 per output: this many code units of the JSON document. */
const MAX_JSON_LENGTH = 512 * 1024;
/** GitHub's rule for the id of an output, which an expression names without quotes. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
/** The number of bad lines that a warning names. A hostile command can write any number of them. */
const NAMED_LINES = 5;

/**
 * Reads what the command wrote to GITHUB_OUTPUT by the runner's rules (actions/runner, FileCommandManager.cs): an output is
 * `name=value`, or `name<<DELIMITER`, lines, and the delimiter on its own line. Whichever of `=` and `<<` comes first
 * decides. Of two outputs whose names differ only in case, the later one counts. A malformed line fails the step on a
 * runner; here it is skipped with a warning.
 */
export function agentOutputs(file: WrittenFile, secrets: Secrets): AgentOutputs {
  if (file.isCut) return nothing(`is longer than ${OUTPUT_FILE_LIMIT / 1024} KiB`);
  const { entries, badLines, unended } = parse(file.text);
  const byName = new Map(entries.map(({ name, value }) => [name.toLowerCase(), { name, value }]));
  if (byName.size > MAX_OUTPUTS) return nothing(`has more than ${MAX_OUTPUTS} outputs`);
  const values = Object.fromEntries(
    [...byName.values()].map(({ name, value }) => [name, maskCredentials(value, secrets)]),
  );
  if (JSON.stringify(values).length > MAX_JSON_LENGTH) {
    return nothing(`has more than ${MAX_JSON_LENGTH} characters of outputs`);
  }
  return {
    values,
    warnings: [
      ...(badLines.length > 0 ? [`GITHUB_OUTPUT of the command: ${linesText(badLines)}; left out.`] : []),
      ...(unended === undefined
        ? []
        : [
            `GITHUB_OUTPUT of the command: the delimiter that line ${unended} announces never comes; what follows is left out.`,
          ]),
    ],
  };
}

function nothing(why: string): AgentOutputs {
  return { values: {}, warnings: [`GITHUB_OUTPUT of the command ${why}; agent-outputs is empty.`] };
}

interface Parsed {
  readonly entries: readonly { readonly name: string; readonly value: string }[];
  /** The numbers of malformed lines, from 1. */
  readonly badLines: readonly number[];
  /** The line that starts a block without an end. */
  readonly unended: number | undefined;
}

function parse(text: string): Parsed {
  const lines = text.split('\n');
  const entries: { name: string; value: string }[] = [];
  const badLines: number[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const start = index;
    const { name, delimiter, value } = split(line);
    let content = value;
    if (delimiter !== undefined && delimiter !== '') {
      const end = lines.indexOf(delimiter, start + 1);
      if (end < 0) return { entries, badLines, unended: start + 1 };
      content = lines.slice(start + 1, end).join('\n');
      index = end;
    }
    if (content === undefined || !NAME.test(name)) badLines.push(start + 1);
    else entries.push({ name, value: content });
  }
  return { entries, badLines, unended: undefined };
}

function split(line: string): { name: string; delimiter?: string; value?: string } {
  const [equals, block] = [line.indexOf('='), line.indexOf('<<')];
  if (block >= 0 && (equals < 0 || block < equals)) {
    return { name: line.slice(0, block), delimiter: line.slice(block + 2) };
  }
  return equals < 0 ? { name: '' } : { name: line.slice(0, equals), value: line.slice(equals + 1) };
}

function linesText(numbers: readonly number[]): string {
  const named = numbers.slice(0, NAMED_LINES).map(String);
  const rest = numbers.length - named.length;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `${numbers.length === 1 ? 'line' : 'lines'} ${named.join(', ')}${more} ${numbers.length === 1 ? 'is' : 'are'} no output with a name of letters, digits, _ and -`;
}
