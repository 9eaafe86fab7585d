/** @musistudio/llms, a gateway by the authors of claude-code-router. Its environment is that of `floor.ts`. */
import { createRequire } from 'node:module';
import process from 'node:process';

// Its ES module does not load ("Dynamic require of child_process").
const { default: Server } = createRequire(import.meta.url)('@musistudio/llms');

const { PORT, HTTPS_PROXY, TARGET, CREDENTIAL } = process.env;
const provider = {
  name: 'bench',
  api_base_url: `https://${TARGET}/v1/chat/completions`,
  api_key: CREDENTIAL,
  models: ['bench-small', 'bench-events', 'bench-answer', 'bench-prompt', 'bench-pulse'],
};
await new Server({
  logger: false,
  useJsonFile: false,
  initialConfig: { providers: [provider], HOST: '0.0.0.0', PORT, HTTPS_PROXY },
}).start();
