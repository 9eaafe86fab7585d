import { cleanUp } from './action/post-step.ts';

await cleanUp();
process.exit(0);
