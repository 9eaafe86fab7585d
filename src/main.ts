import { join } from 'node:path';
import { mainStep } from './action/main-step.ts';
import { exitWith } from './run/exit.ts';

// dist/main/index.js is two levels below the action's own directory.
await exitWith((signal) => mainStep(join(import.meta.dirname, '..', '..'), signal));
