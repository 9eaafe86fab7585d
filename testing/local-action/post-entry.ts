/** The post step, in the same way. */

import { postStep } from '../../src/action/post-step.ts';
import { ROOT } from '../root.ts';

export const run = (): Promise<number> => postStep(ROOT);
