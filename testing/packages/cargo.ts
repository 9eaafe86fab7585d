/** `cargo build` and `cargo install` of a program that needs a crate, with a sparse registry instead of the public one. */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { make, missing, type BuildTool } from './build-tool.ts';

const CRATE = 'awf-greeting';
const VERSION = '1.0.0';
const manifest = (name: string, rest = ''): string =>
  `[package]\nname = "${name}"\nversion = "${VERSION}"\nedition = "2021"\n${rest}`;

function crate(scratch: string): Buffer {
  const name = `${CRATE}-${VERSION}`;
  mkdirSync(join(scratch, name, 'src'), { recursive: true });
  writeFileSync(join(scratch, name, 'Cargo.toml'), manifest(CRATE));
  writeFileSync(join(scratch, name, 'src', 'lib.rs'), 'pub const TEXT: &str = "cargo";\n');
  make(scratch, 'tar', '-czf', `${name}.crate`, name);
  return readFileSync(join(scratch, `${name}.crate`));
}

export const CARGO: BuildTool = {
  name: 'cargo',
  missing: missing('cargo', 'build', '--help') ?? missing('cc', '--version'),
  // https://doc.rust-lang.org/cargo/reference/registry-index.html
  registry: (registry, scratch) => {
    const file = crate(scratch);
    const cksum = createHash('sha256').update(file).digest('hex');
    return {
      '/config.json': JSON.stringify({ dl: `${registry}/crates` }),
      [`/aw/f-/${CRATE}`]: `${JSON.stringify({ name: CRATE, vers: VERSION, deps: [], cksum, features: {}, yanked: false })}\n`,
      [`/crates/${CRATE}/${VERSION}/download`]: file,
    };
  },
  project: () => ({
    'Cargo.toml': manifest('project', `[dependencies]\n${CRATE} = "1"\n`),
    'src/main.rs': 'fn main() { println!("built: {}", awf_greeting::TEXT); }\n',
  }),
  script: `
    registry=(--config 'source.crates-io.replace-with="test"' --config "source.test.registry=\\"sparse+$REGISTRY/\\""
      --config net.retry=0)
    cargo build --quiet "\${registry[@]}"
    cargo install --quiet --path . "\${registry[@]}" 2>&1
    target/debug/project && project`,
  built: 'built: cargo',
};
