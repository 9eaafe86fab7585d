import { join } from 'node:path';
import { API_PROXY_LOG_DIR, API_PROXY_LOG_FILE } from '../../../src/shared/contract.ts';
import { openLog } from './log.ts';
import { runSidecar } from './run.ts';
import { standardInput } from './start/standard-input.ts';
import { setV8Flags } from './start/v8-flags.ts';

setV8Flags();

try {
  await runSidecar({
    input: standardInput(),
    env: process.env,
    openLog: (level) => openLog(join(API_PROXY_LOG_DIR, API_PROXY_LOG_FILE), level),
  });
} catch (error) {
  process.stderr.write(`The api-proxy cannot start: ${error instanceof Error ? error.message : 'unknown error'}\n`);
  process.exit(1);
}
