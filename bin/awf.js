#!/usr/bin/env node
// The command of the npm package. It is not bundled, and written so that old versions of Node.js run it too: they would
// end with a stack trace of the bundle, and npm only warns about `engines`.
const NEEDED = 24;

if (Number(process.versions.node.split('.', 1)[0]) < NEEDED) {
  console.error(
    `awf: error: AWF needs Node.js ${NEEDED} or later, and this is ${process.versions.node}.\n` +
      'Install a newer one, or run npx --package=node@24 --package=awf awf.',
  );
  process.exit(2);
}
await import('../dist/cli/index.js');
