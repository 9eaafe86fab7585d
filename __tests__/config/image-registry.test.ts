import { describe, expect, test } from 'vitest';
import { imageRegistry } from '../../src/config/image-registry.ts';
import type { Source } from '../../src/config/source.ts';
import { thrown } from '../../testing/builders.ts';

const SOURCE: Source = { kind: 'input', name: 'image-registry' };
const read = (text: string): string => imageRegistry({ text, source: SOURCE });

describe('image-registry', () => {
  test.each([
    'registry.example/awf',
    'registry.example:5000/tools/awf',
    'localhost/awf',
    '127.0.0.1:5000/a',
    'local:5000/a__b-c.d',
  ])('takes %s', (text) => {
    expect(read(text)).toBe(text);
  });

  test.each([
    ['https://registry.example/awf', 'Write "registry.example/awf".'],
    ['registry.example/awf/', 'Write "registry.example/awf".'],
    ['Registry.example/AWF', 'Write "registry.example/awf".'],
    ['registry.example', 'Write REGISTRY/PATH'],
    ['owner/awf', 'Write REGISTRY/PATH'],
    ['registry.example/awf:v1', 'Write REGISTRY/PATH'],
    ['registry.example/awf@sha256:00', 'Write REGISTRY/PATH'],
    ['user:password@registry.example/awf', 'Write REGISTRY/PATH'],
    ['--all', 'Write REGISTRY/PATH'],
    ['registry.example/../awf', 'Write REGISTRY/PATH'],
  ])('refuses %s', (text, hint) => {
    const error = thrown(() => read(text));
    expect(error.message).toBe(`image-registry: "${text}" is not a registry with a path.`);
    expect(error.hint).toContain(hint);
  });
});
