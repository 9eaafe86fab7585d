import { describe, expect, test } from 'vitest';
import { credentialIn, maskCredentials } from '../../src/config/secrets.ts';
import { given, SENTINELS } from '../../testing/builders.ts';

describe('credentialIn', () => {
  test.each([...SENTINELS])('finds %s anywhere in a text', (variable, value) => {
    expect(credentialIn(`before${value}after`, SENTINELS)).toBe(variable);
  });

  test('finds nothing in a part of one, or in one that was not given', () => {
    expect(credentialIn(SENTINELS.get('OPENAI_API_KEY')!.slice(0, -1), SENTINELS)).toBeUndefined();
    expect(credentialIn(SENTINELS.get('OPENAI_API_KEY')!, given('GEMINI_API_KEY'))).toBeUndefined();
  });
});

describe('maskCredentials', () => {
  test('replaces each of them, wherever and however often it occurs', () => {
    const [openai = '', gemini = ''] = given('OPENAI_API_KEY', 'GEMINI_API_KEY').values();
    expect(maskCredentials(`${openai}${openai} a ${gemini}b`, SENTINELS)).toBe('****** a ***b');
  });

  test('leaves no part of a longer one that begins with another', () => {
    const credentials = new Map([...given('OPENAI_API_KEY'), ['OTHER', `${SENTINELS.get('OPENAI_API_KEY')!}-secret`]]);
    expect(maskCredentials(`x ${credentials.get('OTHER')!} y`, credentials)).toBe('x *** y');
  });
});
