import { join } from 'node:path';
import { postStep } from './action/post-step.ts';
import { exitWith } from './run/exit.ts';

// dist/post/index.js is two levels below the action's own directory.
await exitWith(() => postStep(join(import.meta.dirname, '..', '..')));
