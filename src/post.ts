import { cleanUp } from './cleanup.ts';

await cleanUp();
process.exit(0);
