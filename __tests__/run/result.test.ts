import { expect, test } from 'vitest';
import { resultOf } from '../../src/run/result.ts';
import type { ResultReading } from '../../src/report/result-file.ts';
import { aConfig, given, SENTINELS } from '../../testing/builders.ts';

function say(result: ResultReading | undefined, resultFile: string | undefined = 'a\u202e.md') {
  const said: string[] = [];
  const to = (level: string) => (message: string) => void said.push(`${level}: ${message}`);
  const reporter = { debug: to('debug'), info: to('info'), warning: to('warning'), error: to('error') };
  return { text: resultOf(aConfig({ resultFile }), given('OPENAI_API_KEY'), { result }, reporter), said };
}

test('a result has its credentials masked', () => {
  const key = SENTINELS.get('OPENAI_API_KEY')!;
  expect(say({ kind: 'text', text: `the key is ${key}, ${key}` })).toEqual({ text: 'the key is ***, ***', said: [] });
});

test('a missing file is said, one that cannot be used is warned about, and both by a name that is harmless', () => {
  expect(say({ kind: 'missing' })).toEqual({
    text: '',
    said: ['info: result-file: a\\xe2\\x80\\xae.md does not exist; the output result is empty.'],
  });
  expect(say({ kind: 'refused', why: 'is a link' })).toEqual({
    text: '',
    said: ['warning: result-file: a\\xe2\\x80\\xae.md is a link; the output result is empty.'],
  });
});

test('nothing is said without the option, and for a command that never started', () => {
  expect(say(undefined)).toEqual({ text: '', said: [] });
});
