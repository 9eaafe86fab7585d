/** The main step as `@github/local-action` starts it: with a function `run`, and stand-ins for the toolkit's packages. */

import { mainStep } from '../../src/action/main-step.ts';
import { ROOT } from '../root.ts';

export const run = (): Promise<number> => mainStep(ROOT, new AbortController().signal);
