/**
 * Runs the sidecar on free ports of loopback, so that tests do not compete for the real ones. Argument: the log file.
 */

import { openLog } from '../../containers/api-proxy/src/log.ts';
import { runSidecar } from '../../containers/api-proxy/src/run.ts';
import { standardInput } from '../../containers/api-proxy/src/start/standard-input.ts';

await runSidecar({
  input: standardInput(),
  env: process.env,
  openLog: (level) => openLog(process.argv[2] ?? '', level),
  host: '127.0.0.1',
  portOf: () => 0,
});
