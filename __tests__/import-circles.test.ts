/**
 * Finds files that import each other. This is a test instead of a lint rule because ESLint sees one file at a time. The
 * existing rule, `import-x/no-cycle`, needs a plugin with a resolver and reads the whole graph again for each file that
 * an editor lints.
 */

import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

type Graph = ReadonlyMap<string, readonly string[]>;

/** The files, and what they import from each other, including types and dynamic imports, as the compiler reads them. */
function importsOf(files: readonly string[], read: (file: string) => string): Graph {
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(read(file));
      const names = importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith('.'));
      return [file, names.map((name) => join(dirname(file), name))];
    }),
  );
}

/** The first path that leads back to its start. */
function circleIn(graph: Graph): readonly string[] {
  const done = new Set<string>();
  const from = (file: string, way: readonly string[]): readonly string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    const found = (graph.get(file) ?? []).map((next) => from(next, [...way, file])).find(({ length }) => length > 0);
    done.add(file);
    return found ?? [];
  };
  return [...graph.keys()].map((file) => from(file, [])).find(({ length }) => length > 0) ?? [];
}

test('files do not import each other, directly or through others', () => {
  const files = ['src', 'containers'].flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }));
  const graph = importsOf(files, (file) => readFileSync(join(root, file), 'utf8'));
  expect([...graph.values()].flat().filter((file) => !graph.has(file))).toEqual([]);
  expect(circleIn(graph)).toEqual([]);
});

test.each([
  ["import { b } from './b.ts';", "import { a } from './a.ts';"],
  ["import { b } from './b.ts';", "import type { A } from './a.ts';"],
  ["import { type B } from './b.ts';", "export type { A } from './a.ts';"],
  ["export * from './b.ts';", "type A = import('./a.ts').A;"],
  ["import { b } from './b.ts';", "await import('../folder/c.ts');"],
])('control: %s and %s', (a, b) => {
  const files: Readonly<Record<string, string>> = {
    'folder/a.ts': a,
    'folder/b.ts': b,
    'folder/c.ts': "import './d.ts';\nimport { a } from './a.ts';",
    'folder/d.ts': '',
  };
  expect(circleIn(importsOf(Object.keys(files), (file) => files[file]!))[0]).toBe('folder/a.ts');
  expect(circleIn(importsOf(['folder/c.ts', 'folder/d.ts'], (file) => files[file]!))).toEqual([]);
});
