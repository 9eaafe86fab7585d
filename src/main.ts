import { join } from 'node:path';
import { runAction } from './action/main-step.ts';

// dist/main/index.js is two levels below the action's own directory.
process.exitCode = await runAction(join(import.meta.dirname, '..', '..'));
process.exit();
