/**
 * Bundles a compiled entry with everything that it loads: `node script/bundle.ts ENTRY FOLDER [PACKAGE...]`. The folder gets
 * `index.js`, the files that it loads later, and `licenses.txt`.
 *
 * Each PACKAGE is left out. It must be one that the entry imports and never calls: what it exports is undefined.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** What this script uses of the package, which comes without types. */
type Ncc = (
  entry: string,
  options: {
    readonly cache: false;
    readonly license: string;
    readonly quiet: true;
    readonly externals: Readonly<Record<string, string>>;
  },
) => Promise<{
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Buffer; readonly permissions: number }>>;
}>;

/** Stands for a package that is left out: a module of Node's that every program has loaded already. */
const NOTHING = 'node:module';

/** Ends the names of ncc's lists of licenses: each file that is loaded later has one. */
const LICENSES = '.licenses';
/** Between packages: a line has the name, and the next one the identifier of the license. */
const SECTIONS = /\n\n(?=\S+\n[\w.-]+\n)/;

const [entry, folder, ...leftOut] = process.argv.slice(2);
if (entry === undefined || folder === undefined)
  throw new Error('usage: node script/bundle.ts ENTRY FOLDER [PACKAGE...]');
const ncc = createRequire(import.meta.url)('@vercel/ncc') as Ncc;
const { code, assets } = await ncc(resolve(entry), {
  ...{ cache: false, license: `[name]${LICENSES}`, quiet: true },
  externals: Object.fromEntries(leftOut.map((name) => [name, NOTHING])),
});
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'index.js'), code);
const licenses: string[] = [];
for (const [name, { source, permissions }] of Object.entries(assets)) {
  if (name.endsWith(LICENSES)) {
    licenses.push(...source.toString().trim().split(SECTIONS));
    continue;
  }
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), source, { mode: permissions });
}
// Two files may have parts of the same package.
writeFileSync(join(folder, 'licenses.txt'), `${[...new Set(licenses)].join('\n\n')}\n`);
