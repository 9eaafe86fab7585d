import { expect, test } from 'vitest';
import { placeOf, type Source } from '../../src/config/source.ts';

test.each<[Source, string]>([
  [{ kind: 'input', name: 'memory' }, 'memory'],
  [{ kind: 'input', name: 'allow-domains', line: 3 }, 'allow-domains, line 3'],
  [{ kind: 'flag', name: '--memory' }, '--memory'],
  [{ kind: 'flag', name: '--mount', repetition: 1 }, '--mount (1st)'],
  [{ kind: 'flag', name: '--mount', repetition: 2 }, '--mount (2nd)'],
  [{ kind: 'flag', name: '--mount', repetition: 3 }, '--mount (3rd)'],
  [{ kind: 'flag', name: '--mount', repetition: 11 }, '--mount (11th)'],
  [{ kind: 'flag', name: '--mount', repetition: 22, line: 4 }, '--mount (22nd), line 4'],
  [{ kind: 'variable', name: 'OPENAI_API_TARGET' }, 'OPENAI_API_TARGET'],
  [{ kind: 'default', name: 'protect-paths', line: 3 }, 'protect-paths (default), line 3'],
  [{ kind: 'default', name: '--protect-paths', line: 3 }, '--protect-paths (default), line 3'],
  [{ kind: 'policy', name: '.github/awf.yml', line: 3, column: 7 }, '.github/awf.yml, line 3, column 7'],
])('%j is "%s"', (source, place) => {
  expect(placeOf(source)).toBe(place);
});
