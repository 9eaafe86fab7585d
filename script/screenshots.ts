import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { actionStep, startLocalProvider } from '../testing/runner/action.ts';
import { startBrowser } from '../testing/browser/browser.ts';
import { showSummary, THEMES } from '../testing/browser/summary-page.ts';
import { ROOT } from '../testing/root.ts';

/** Pixels: what a summary has on a desktop. */
const WIDTH = 860;

/** Asks a model, then for a host that a preset has, for one that AWF does not know, and for one that agents ask on their own. */
const COMMAND = `
node -e '
  const body = JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 16, messages: [{ role: "user", content: "hi" }] });
  const headers = { "content-type": "application/json", authorization: "Bearer " + process.env.ANTHROPIC_AUTH_TOKEN };
  const ask = () => fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", { method: "POST", headers, body });
  for (let i = 0; i < 12; i++) await (await ask()).text();
' --input-type=module
squid=\${HTTPS_PROXY#http://}
for host in cdn.playwright.dev cdn.evil.example cdn.evil.example statsig.anthropic.com; do
  exec 3<> "/dev/tcp/\${squid%:*}/\${squid#*:}"
  printf 'CONNECT %s:443 HTTP/1.1\\r\\nHost: %s:443\\r\\n\\r\\n' "$host" "$host" >&3
  read -r answer <&3
  exec 3>&-
  sleep 1
done
echo '**Fix**: the test fails because the browser cannot be downloaded.' >> "$GITHUB_STEP_SUMMARY"
exit 1
`;

const provider = await startLocalProvider();
const step = actionStep(
  {
    ...{ run: COMMAND, label: 'Fix the failing test', 'allow-domains': 'docs.python.org', 'retention-days': '30' },
    ...provider.inputs('anthropic'),
  },
  { ca: provider.ca, env: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9' } },
);
const { code, stdout, stderr } = await step.main();
const summary = step.runner.main.summary();
await provider.server.close();
step.runner.remove();
if (code !== 1 || !summary.includes('cdn.evil.example')) {
  console.error(stdout, stderr, summary);
  throw new Error('the run did not end as the picture needs it');
}
console.log(summary);
const images = join(ROOT, 'docs', 'images');
mkdirSync(images, { recursive: true });
const browser = await startBrowser();
for (const theme of THEMES) {
  const page = await showSummary(browser, summary, WIDTH, theme);
  const shown = await page.$('main');
  await shown?.screenshot({ path: join(images, `summary-${theme}.png`) });
}
await browser.close();
