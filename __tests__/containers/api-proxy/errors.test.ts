import { expect, test } from 'vitest';
import { asProxyError } from '../../../containers/api-proxy/src/errors.ts';

test('what nobody expected becomes an answer that says nothing about it, and a line in the log that does', () => {
  const error = asProxyError(new RangeError('a text that may quote a request'));
  expect(error).toMatchObject({ status: 500, code: 'internal_error', message: 'The api-proxy failed.' });
  expect(error.logged).toBe('internal_error (RangeError)');
});
