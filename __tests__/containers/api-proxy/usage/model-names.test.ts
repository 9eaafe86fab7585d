import { expect, test } from 'vitest';
import { ModelNames } from '../../../../containers/api-proxy/src/usage/model-names.ts';

function namesOf(which: 'first' | 'last', ...seen: readonly unknown[]): ModelNames {
  const names = new ModelNames(which);
  for (const value of seen) names.see(value);
  return names;
}

test('the first or the last name counts, and nothing that is no name', () => {
  expect(namesOf('first', 7, 'a b', 'real', 'cheap')).toMatchObject({ current: 'real', all: 'real', isSettled: true });
  expect(namesOf('last', 'cheap', 'real', '')).toMatchObject({ current: 'real', all: 'real', isSettled: false });
  expect(namesOf('first')).toMatchObject({ current: null, all: null, isSettled: false });
});

test('the answers of a WebSocket each have their own, or that of the one before', () => {
  const names = new ModelNames('each');
  names.see('a');
  names.see('a');
  expect(names.current).toBe('a');
  names.endAnswer();
  expect(names.current).toBe('a');
  names.see('b');
  expect(names.current).toBe('b');
  names.endAnswer();
  expect(names).toMatchObject({ current: 'b', all: 'a,b' });
});

test('an answer of a WebSocket with two names has neither of their prices', () => {
  const names = new ModelNames('each');
  for (const name of ['cheap', 'dear', ...Array.from({ length: 100 }, (_, index) => `x-${index}`)]) names.see(name);
  expect(names.current).toBe('cheap,dear,x-0,x-1');
});
