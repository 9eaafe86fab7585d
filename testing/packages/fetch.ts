/** Programs that fetch: Node's own clients, curl and wget. */

import { missing, type BuildTool } from './build-tool.ts';

/** `fetch`, `https.get` and, in plain text, `http.get`: Node has a separate proxy implementation for each. */
const FETCH = `
import { get as http } from 'node:http';
import { get as https } from 'node:https';
const [url] = process.argv.slice(2);
const text = (get, url) => new Promise((resolve, reject) => {
  get(url, async (response) => resolve(response.statusCode + ' ' + (await response.toArray()).join(''))).on('error', reject);
});
console.log('built: ' + [await (await fetch(url)).text(), await text(https, url), await text(http, url.replace('https', 'http'))].join(', '));
`;

export const NODE: BuildTool = {
  name: 'node',
  missing: undefined,
  registry: () => ({ '/hello': 'node' }),
  project: () => ({ 'fetch.mjs': FETCH }),
  script: '"$NODE" fetch.mjs "$REGISTRY/hello"',
  built: 'built: node, 200 node, 200 node',
};

export const CURL: BuildTool = {
  name: 'curl',
  missing: missing('curl', '--version'),
  registry: () => ({ '/hello': 'curl' }),
  project: () => ({}),
  script:
    'one=$(curl -fsS "$REGISTRY/hello"); other=$(curl -fsS "${REGISTRY/https/http}/hello"); echo "built: $one $other"',
  built: 'built: curl curl',
};

export const WGET: BuildTool = {
  name: 'wget',
  missing: missing('wget', '--version'),
  registry: () => ({ '/hello': 'wget' }),
  project: () => ({}),
  script: 'one=$(wget --tries=1 --ca-certificate="$CA" -qO- "$REGISTRY/hello"); echo "built: $one"',
  built: 'built: wget',
};
