import { LOG_LEVELS } from '../shared/log-level.ts';
import type { Option } from './option.ts';
import { anyText, workspaceFile } from './parsers.ts';

/** The options about what a run tells and leaves. */
export const REPORT = [
  {
    name: 'agent-logs',
    kind: 'boolean',
    default: 'true',
    description: 'keep what agent programs write about their work, beside the logs',
  },
  {
    name: 'result-file',
    kind: 'text',
    parse: workspaceFile,
    only: 'action',
    description: 'a file of the workspace that becomes the output result',
  },
  {
    name: 'upload-logs',
    kind: 'choice',
    choices: ['always', 'on-failure', 'never'],
    only: 'action',
    default: 'always',
    description: 'when the logs become an artifact',
  },
  {
    name: 'artifact-name',
    kind: 'text',
    parse: anyText,
    only: 'action',
    description: 'awf-logs and a unique suffix by default',
  },
  { name: 'retention-days', kind: 'count', only: 'action', description: "the repository's setting by default" },
  {
    name: 'log-level',
    kind: 'choice',
    choices: LOG_LEVELS,
    default: 'info',
    // The runner's debug mode: https://docs.github.com/actions/how-tos/monitor-workflows/enable-debug-logging
    variable: 'RUNNER_DEBUG',
    variableValues: { '1': 'debug' },
    description: 'how much to log',
  },
] as const satisfies readonly Option[];
