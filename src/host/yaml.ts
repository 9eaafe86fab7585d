import { packageBeside } from './package-beside.ts';

type YamlPackage = typeof import('./yaml-package.ts');

let loaded: YamlPackage | undefined;

/** The parser of YAML. Most workspaces have none that a run must read. */
export function yamlPackage(): YamlPackage {
  return (loaded ??= packageBeside('yaml-package', import.meta) as YamlPackage);
}
