/** A headless browser for what people look at. Only tests and `script/screenshots` use it; AWF itself needs none. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { launch, type Browser } from 'puppeteer-core';
import { fetchWith } from '../scratch.ts';

const NAMES = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'];
/** A font with the signs of a summary, without which they are empty boxes. */
const EMOJI = '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf';
/** Debian's packages. Ubuntu has no browser as one. */
const PACKAGES = ['chromium', 'fonts-noto-color-emoji'];

function installed(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => places.map((place) => join(place, name))).find((path) => existsSync(path));
}

const canInstall = (): boolean =>
  process.getuid?.() === 0 &&
  existsSync('/etc/debian_version') &&
  spawnSync('apt-cache', ['show', 'chromium']).status === 0;

/** If it is false, the tests that need a browser are skipped by name. script/test fails on that when CI=true. */
export const HAS_BROWSER = installed() !== undefined || canInstall();

/** No traffic: every name and every connection of the browser's own ends here. */
const OFFLINE = [
  ...['--no-sandbox', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  ...['--disable-sync', '--proxy-server=http://127.0.0.1:9', '--host-resolver-rules=MAP * ~NOTFOUND'],
];

/** Starts a browser, and installs it first where it is missing. @throws Error with the words of apt-get */
export async function startBrowser(): Promise<Browser> {
  if (installed() === undefined || (canInstall() && !existsSync(EMOJI))) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = ['--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
    await fetchWith(['apt-get', 'install', ...options, ...PACKAGES], { env });
  }
  const executablePath = installed();
  if (executablePath === undefined) throw new Error('There is no browser.');
  return launch({ executablePath, args: OFFLINE });
}
