import { postStep } from './action/post-step.ts';
import { exitWith } from './run/exit.ts';

await exitWith(() => postStep());
