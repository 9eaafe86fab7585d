import { beforeAll, describe, expect, test } from 'vitest';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { startSandbox } from '../../testing/engine/sandbox-run.ts';
import { missing } from '../../testing/packages/build-tool.ts';
import { PYTHON_PACKAGE } from '../../testing/packages/local-package.ts';
import { ordinaryUser } from '../../testing/runner/program.ts';

/** An installation of a local package with one program, which says its name. */
interface Installer {
  readonly name: string;
  readonly missing: string | undefined;
  readonly files: Readonly<Record<string, string>>;
  readonly install: string;
  readonly program: string;
  /** What the program prints. */
  readonly says: string | RegExp;
  /** Where it is, below the home. */
  readonly place: string;
  readonly compiles?: boolean;
}

const INSTALLED = '.local/installed';

const INSTALLERS: readonly Installer[] = [
  {
    name: 'npm install --global',
    missing: missing('npm', '--version'),
    files: {
      'npm/package.json': JSON.stringify({ name: 'awf-npm', version: '1.0.0', bin: { 'awf-npm': 'main.js' } }),
      'npm/main.js': '#!/usr/bin/env node\nconsole.log("npm");\n',
    },
    install: 'npm install --global --no-audit --no-fund ./npm',
    program: 'awf-npm',
    says: 'npm',
    place: `${INSTALLED}/bin/awf-npm`,
  },
  {
    name: 'corepack enable',
    missing: missing('corepack', '--version'),
    files: {},
    install: 'corepack enable',
    // The package manager itself would come from a registry.
    program: 'readlink -f "$(command -v yarn)"; true',
    says: /corepack\/dist\/yarn\.js$/,
    place: `${INSTALLED}/bin/yarn`,
  },
  {
    name: 'pip install --user',
    missing: missing('python3', '-c', 'import pip'),
    files: PYTHON_PACKAGE,
    install: 'python3 -m pip install --user --no-build-isolation --no-deps --disable-pip-version-check ./python',
    program: 'awf-python',
    says: 'python',
    place: '.local/bin/awf-python',
  },
  {
    name: 'gem install',
    missing: missing('gem', '--version'),
    files: {
      'gem/awf.gemspec': `Gem::Specification.new do |s|
        s.name, s.version, s.summary, s.authors = 'awf-gem', '1.0.0', 'test', ['test']
        s.files, s.executables = ['bin/awf-gem'], ['awf-gem']
      end`,
      'gem/bin/awf-gem': 'puts "gem"\n',
    },
    install:
      '(cd gem && gem build --quiet awf.gemspec --output /tmp/awf.gem) && gem install --local --no-document /tmp/awf.gem',
    program: 'awf-gem',
    says: 'gem',
    place: `${INSTALLED}/gems/bin/awf-gem`,
  },
  {
    name: 'cargo install',
    missing: missing('cargo', 'build', '--help') ?? missing('cc', '--version'),
    files: {
      'cargo/Cargo.toml': '[package]\nname = "awf-cargo"\nversion = "1.0.0"\nedition = "2021"\n',
      'cargo/src/main.rs': 'fn main() { println!("cargo"); }\n',
    },
    install: 'cargo install --debug --offline --quiet --path cargo --target-dir /tmp/target',
    program: 'awf-cargo',
    says: 'cargo',
    place: '.cargo/bin/awf-cargo',
    compiles: true,
  },
  {
    name: 'go install',
    missing: missing('go', 'version'),
    files: {
      'go/go.mod': 'module example.test/awf-go\n\ngo 1.21\n',
      'go/main.go': 'package main\n\nfunc main() { println("go") }\n',
    },
    install: '(cd go && GOFLAGS=-buildvcs=false go install .)',
    program: 'awf-go',
    says: 'go',
    place: 'go/bin/awf-go',
    compiles: true,
  },
];

/** Milliseconds. Compilers run, on whatever processors the machine has. */
const LIMIT = 300_000;

describe.each([
  { who: 'the workspace’s owner', owner: undefined, installers: INSTALLERS },
  // As another user, the build tools' own tests compile and install.
  {
    who: 'an ordinary user',
    owner: ordinaryUser(),
    installers: INSTALLERS.filter(({ compiles }) => compiles !== true),
  },
])('as $who', ({ owner, installers }) => {
  let sections: Record<string, string>;
  let stdout: string;
  beforeAll(async () => {
    const script = sectionedScript(
      Object.fromEntries(
        installers.map(({ name, install, program, place }) => [
          name,
          `{ ${install}; } > /tmp/log 2>&1 || cat /tmp/log\n${program}\nls ~/${place}`,
        ]),
      ),
    );
    const run = startSandbox({
      options: { 'allow-domains': 'registry.example' },
      credentials: {},
      script,
      resolver: '127.0.0.53',
      files: Object.assign({}, ...installers.map(({ files }) => files)) as Record<string, string>,
      ...(owner === undefined ? {} : { owner }),
    });
    const { error } = await run.done;
    stdout = run.stdout();
    run.removeFiles();
    expect(error).toBeUndefined();
    sections = sectionsOf(stdout);
  }, LIMIT);

  for (const { name, missing: reason, says, place } of installers) {
    test.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (${reason})`, () => {
      const [said, file] = sections[name]?.split('\n') ?? [];
      expect(said, sections[name]).toMatch(says);
      expect(file).toMatch(new RegExp(`/${place}$`));
    });
  }
});
