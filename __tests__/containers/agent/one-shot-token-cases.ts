/** What the probe of the one-shot-token library sees, with and without the library. */

import { PROBE_DIRECTORY } from './one-shot-token.ts';

const MANY = Array.from({ length: 64 }, (_, index) => `MANY_${index}`);
export const ENVIRONMENT = {
  ...Object.fromEntries(MANY.map((name) => [name, `value-of-${name}`])),
  AWF_ONE_SHOT_TOKENS: ` ONE, TWO,,EARLY ,ABSENT,EMPTY,${MANY.join(',')}`,
  ONE: 'value-one',
  TWO: 'value-two',
  EMPTY: '',
  ONE_MORE: 'more',
  OTHER: 'other',
};

/** A process that takes `steps`, and what each step prints: always, or with and without the library. */
export interface Case {
  readonly what: string;
  /** Shell code in front of the command. */
  readonly before?: string;
  readonly program?: 'probe' | 'probe-static';
  readonly steps: readonly (readonly [step: string, result: string, without?: string])[];
  /** Lines that the library logs in addition to the results of the steps. */
  readonly messages?: readonly string[];
}

export const CASES: readonly Case[] = [
  {
    what: 'the first reader keeps the value, direct readers see it no more',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['environ:ONE', '-', 'value-one'],
      ['procfs:value-one', 'no', 'yes'],
      ['procfs:ONE=', 'no', 'yes'],
      ['getenv:ONE', 'value-one'],
      ['secure_getenv:ONE', 'value-one'],
      ['malformed-entries', '0'],
    ],
  },
  {
    what: 'secure_getenv is a reader, too',
    steps: [
      ['secure_getenv:TWO', 'value-two'],
      ['environ:TWO', '-', 'value-two'],
      ['procfs:value-two', 'no', 'yes'],
      ['getenv:TWO', 'value-two'],
    ],
  },
  {
    what: 'before the first reader, direct readers see it',
    steps: [
      ['environ:ONE', 'value-one'],
      ['procfs:value-one', 'yes'],
    ],
  },
  {
    what: 'other variables stay as they are',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['getenv:ONE_MORE', 'more'],
      ['environ:ONE_MORE', 'more'],
      ['environ:TWO', 'value-two'],
      ['procfs:value-two', 'yes'],
      ['environ:OTHER', 'other'],
      ['getenv:ABSENT', '-'],
      ['getenv:', '-'],
      ['getenv:NONE', '-'],
    ],
  },
  {
    what: 'an empty value is a value',
    steps: [
      ['getenv:EMPTY', ''],
      ['environ:EMPTY', '-', ''],
      ['getenv:EMPTY', ''],
      ['getenv:OTHER', 'other'],
    ],
  },
  {
    what: 'children of the reader get nothing, however they are started',
    steps: [
      ['getenv:ONE', 'value-one'],
      ...['exec', 'vfork', 'spawn', 'system'].flatMap(
        (how) =>
          [
            [`${how}:getenv:ONE`, '-', 'value-one'],
            [`${how}:procfs:value-one`, 'no', 'yes'],
            [`${how}:getenv:OTHER`, 'other'],
          ] as const,
      ),
    ],
  },
  {
    what: 'a fork without exec is the same program',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['fork:getenv:ONE', 'value-one'],
      ['fork:environ:ONE', '-', 'value-one'],
    ],
  },
  {
    what: 'a child before the first read reads for itself',
    steps: [
      ['exec:getenv:ONE', 'value-one'],
      ['environ:ONE', 'value-one'],
      ['getenv:ONE', 'value-one'],
      ['exec:getenv:ONE', '-', 'value-one'],
    ],
  },
  {
    what: 'what the program sets afterwards is its own',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['setenv:ONE=own', 'done'],
      ['getenv:ONE', 'own'],
      ['environ:ONE', 'own'],
      ['exec:getenv:ONE', 'own'],
      ['putenv:ONE=again', 'done'],
      ['getenv:ONE', 'again'],
      ['exec:getenv:ONE', 'again'],
      ['setenv:NEW=new', 'done'],
      ['getenv:NEW', 'new'],
      ['getenv:OTHER', 'other'],
    ],
  },
  {
    what: 'what the program sets before the first read is its own',
    steps: [
      ['setenv:ONE=own', 'done'],
      ['getenv:ONE', 'own'],
      ['environ:ONE', 'own'],
      ['exec:getenv:ONE', 'own'],
      ['setenv:ABSENT=own', 'done'],
      ['getenv:ABSENT', 'own'],
      ['environ:ABSENT', 'own'],
    ],
  },
  {
    what: 'unsetenv forgets',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['unsetenv:ONE', 'done'],
      ['getenv:ONE', '-'],
      ['unsetenv:TWO', 'done'],
      ['getenv:TWO', '-'],
      ['environ:TWO', '-'],
      ['unsetenv:OTHER', 'done'],
      ['getenv:OTHER', '-'],
      ['unsetenv:NONE', 'done'],
      ['unsetenv:', 'failed'],
      ['unsetenv:ONE_MORE=more', 'failed'],
      ['getenv:ONE_MORE', 'more'],
      ['setenv:ONE=own', 'done'],
      ['getenv:ONE', 'own'],
    ],
  },
  {
    what: 'a value that was read and unset is still there for its reader',
    steps: [
      ['keep:ONE', 'value-one'],
      ['getenv:ONE', '-'],
    ],
  },
  {
    what: 'clearenv forgets all, and the environment can be used again',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['clearenv', 'done'],
      ['getenv:ONE', '-'],
      ['getenv:TWO', '-'],
      ['getenv:OTHER', '-'],
      ['setenv:OTHER=new', 'done'],
      ['getenv:OTHER', 'new'],
      ['getenv:ONE', '-'],
    ],
  },
  {
    what: 'another environ leaves the cached value',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['drop-environ', 'done'],
      ['getenv:ONE', 'value-one', '-'],
      ['getenv:TWO', '-'],
      ['getenv:OTHER', '-'],
    ],
  },
  {
    what: 'an environment that the program moved',
    steps: [
      ['move-environ', 'done'],
      ['getenv:ONE', 'value-one'],
      ['environ:ONE', '-', 'value-one'],
      ['procfs:value-one', 'no', 'yes'],
      ['exec:getenv:ONE', '-', 'value-one'],
      ['environ:OTHER', 'other'],
    ],
  },
  {
    what: 'a variable that is there twice',
    steps: [
      ['exec-with:ONE=value-again', 'nothing'],
      ['procfs:value-again', 'yes'],
      ['getenv:ONE', 'value-one'],
      ['environ:ONE', '-', 'value-one'],
      ['procfs:value-again', 'no', 'yes'],
      ['malformed-entries', '0'],
    ],
  },
  {
    what: 'threads that read at the same moment',
    steps: [
      [`threads:${MANY.join('+')}`, '16 threads, 0 misses'],
      ['environ:MANY_7', '-', 'value-of-MANY_7'],
      ['procfs:value-of-MANY', 'no', 'yes'],
      ['malformed-entries', '0'],
      ['environ:OTHER', 'other'],
    ],
  },
  {
    what: 'forks among threads that read',
    steps: [
      [`fork-among-readers:${MANY.join('+')}`, '16 threads, 0 misses, 0 in children'],
      ['environ:MANY_7', '-', 'value-of-MANY_7'],
    ],
  },
  {
    what: 'a library’s constructor that reads before the preloaded one is initialised',
    before: 'EARLY=value-early',
    steps: [
      ['early', 'value-early'],
      ['environ:EARLY', '-', 'value-early'],
      ['procfs:value-early', 'no', 'yes'],
      ['getenv:EARLY', 'value-early'],
    ],
  },
  { what: 'no core file has the cached value', steps: [['dumped:ONE', 'no', 'yes']] },
  {
    what: 'a process that gets no more memory',
    steps: [
      ['early', '-'],
      ['limit-memory', 'done'],
      ['getenv:ONE', 'value-one'],
      ['environ:ONE', '-', 'value-one'],
      ['procfs:value-one', 'no', 'yes'],
      ['getenv:ONE', 'value-one'],
      ['malformed-entries', '1', '0'],
      ['environ:OTHER', 'other'],
    ],
  },
  {
    what: 'a process that moved its environment and gets no more memory',
    steps: [
      ['move-environ', 'done'],
      ['limit-memory', 'done'],
      ['getenv:ONE', 'value-one'],
      ['environ:ONE', '-', 'value-one'],
      ['environ:OTHER', 'other'],
    ],
  },
  {
    what: 'a process without a list',
    before: 'unset AWF_ONE_SHOT_TOKENS;',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['environ:ONE', 'value-one'],
      ['unsetenv:ONE', 'done'],
      ['getenv:ONE', '-'],
      ['clearenv', 'done'],
    ],
  },
  {
    what: 'a static program is out of reach',
    program: 'probe-static',
    steps: [
      ['getenv:ONE', 'value-one'],
      ['environ:ONE', 'value-one'],
      ['procfs:value-one', 'yes'],
    ],
  },
  {
    what: 'the debug log has names and no values',
    before: 'AWF_ONE_SHOT_TOKEN_DEBUG=1',
    messages: ['ONE: read, and removed from the environment', 'TWO: unset'],
    steps: [
      ['getenv:ONE', 'value-one'],
      ['getenv:ONE', 'value-one'],
      ['getenv:OTHER', 'other'],
      ['unsetenv:TWO', 'done'],
      ['unsetenv:ABSENT', 'done'],
    ],
  },
];

export const commandOf = ({ before = '', program = 'probe', steps }: Case): string =>
  `${before} ${PROBE_DIRECTORY}/${program} ${steps.map(([step]) => step).join(' ')}`;

/** The lines that a case prints. A child's lines come before its parent's. */
export function linesOf({ steps }: Case, preloaded: boolean): string[] {
  return steps.flatMap(([step, withLibrary, without = withLibrary]) => {
    const result = preloaded ? withLibrary : without;
    if (step.startsWith('exec-with:')) return [];
    const [, inChild] = /^(?:exec|vfork|spawn|system|fork):(.+)$/.exec(step) ?? [];
    return inChild === undefined ? [`${step}: ${result}`] : [`${inChild}: ${result}`, `${step}: done`];
  });
}
