/** `go build` and `go install` of a program that needs a module, from a module proxy. */

import { missing, type BuildTool } from './build-tool.ts';
import { writeZip } from '../zip.ts';

const MODULE = 'modules.example/greeting';
const VERSION = 'v1.0.0';
const GO_MOD = `module ${MODULE}\n\ngo 1.21\n`;

export const GO: BuildTool = {
  name: 'go',
  missing: missing('go', 'version'),
  // https://go.dev/ref/mod#goproxy-protocol
  registry: () => ({
    [`/${MODULE}/@v/list`]: `${VERSION}\n`,
    [`/${MODULE}/@v/${VERSION}.info`]: JSON.stringify({ Version: VERSION, Time: '2024-01-01T00:00:00Z' }),
    [`/${MODULE}/@v/${VERSION}.mod`]: GO_MOD,
    [`/${MODULE}/@v/${VERSION}.zip`]: writeZip({
      [`${MODULE}@${VERSION}/go.mod`]: GO_MOD,
      [`${MODULE}@${VERSION}/greeting.go`]: 'package greeting\n\nconst Text = "go"\n',
    }),
  }),
  project: () => ({
    'go.mod': `module project\n\ngo 1.21\n\nrequire ${MODULE} ${VERSION}\n`,
    // Use nothing of the standard library but the runtime, which alone takes seconds to compile.
    'main.go': `package main\n\nimport "${MODULE}"\n\nfunc main() { println("built:", greeting.Text) }\n`,
  }),
  // Otherwise go compares checksums with a database on the internet.
  script: `
    export GOPROXY="$REGISTRY" GOSUMDB=off GOFLAGS=-mod=mod
    go build -o program . && go install . && ./program && project && echo installed`,
  built: 'built: go',
};
