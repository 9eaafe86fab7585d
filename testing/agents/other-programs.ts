/**
 * Agent programs for which AWF contains nothing of their own. One row is one program: a folder with its exact versions
 * beside this file, and the step as its user writes it.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderId } from '../../src/shared/providers.ts';
import type { Turn } from '../provider/server.ts';
import { virtualEnvironment } from '../python.ts';
import { installLocked } from '../scratch.ts';

export interface OtherProgram {
  readonly name: string;
  /** The folder with `package-lock.json` for npm, or with `requirements.txt` for PyPI. */
  readonly folder: string;
  readonly provider: ProviderId;
  /** The inputs of the step, apart from the credential. */
  readonly inputs: { readonly run: string; readonly env: string };
  /** What the model answers, so that the program makes {@link MADE_FILE}: by its shell tool, if it has one. */
  readonly answers: readonly Turn[] | (() => Turn);
}

/** The path in the workspace. */
export const MADE_FILE = 'made.txt';
export const LAST_WORDS = 'The file is there, says the model.';
const COMMAND = `echo content > ${MADE_FILE}`;

export const OTHER_PROGRAMS: readonly OtherProgram[] = [
  {
    name: 'opencode',
    folder: 'opencode',
    provider: 'anthropic',
    inputs: {
      run: "opencode run --model anthropic/claude-sonnet-4-5 'Please make the file.'",
      env: 'ANTHROPIC_API_KEY=placeholder',
    },
    answers: [{ toolUse: { name: 'bash', input: { command: COMMAND, description: 'runs it' } } }, LAST_WORDS],
  },
  {
    name: 'Qwen Code',
    folder: 'qwen',
    provider: 'openai',
    inputs: {
      run: "qwen --auth-type openai --yolo -p 'Please make the file.'",
      env: 'OPENAI_API_KEY=placeholder\nOPENAI_MODEL=gpt-5',
    },
    answers: [
      { toolUse: { name: 'run_shell_command', input: { command: COMMAND, is_background: false } } },
      LAST_WORDS,
    ],
  },
  {
    name: 'aider',
    folder: 'aider',
    provider: 'anthropic',
    inputs: {
      run: "aider --model anthropic/claude-sonnet-4-5 --yes-always --no-git --message 'Please make the file.'",
      env: 'ANTHROPIC_API_KEY=placeholder',
    },
    // It has no tools: it applies the edits that it finds in the answer.
    answers: () =>
      [MADE_FILE, '```', '<<<<<<< SEARCH', '=======', 'content', '>>>>>>> REPLACE', '```', LAST_WORDS, ''].join('\n'),
  },
  {
    name: 'gptme',
    folder: 'gptme',
    provider: 'openai',
    inputs: {
      run: "gptme --non-interactive --model openai/gpt-5 'Please make the file.'",
      env: 'OPENAI_API_KEY=placeholder',
    },
    // Its tools are blocks of the answer's text.
    answers: [`I make it.\n\`\`\`shell\n${COMMAND}\n\`\`\`\n`, `${LAST_WORDS}\n\`\`\`complete\n\`\`\`\n`],
  },
];

export interface Installed {
  /** The directory of the program. */
  readonly bin: string;
  readonly mounts: readonly string[];
}

export const isFromPyPI = ({ folder }: OtherProgram): boolean =>
  existsSync(join(import.meta.dirname, folder, 'requirements.txt'));

/** Installs a program, once per list of versions. */
export async function installOther(program: OtherProgram): Promise<Installed> {
  const folder = join(import.meta.dirname, program.folder);
  if (isFromPyPI(program)) return virtualEnvironment(folder);
  const directory = await installLocked(folder, { scripts: true });
  return { bin: join(directory, 'node_modules', '.bin'), mounts: [directory] };
}
