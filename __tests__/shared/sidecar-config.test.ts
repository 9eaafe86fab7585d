import { expect, test } from 'vitest';
import { normaliseCredential } from '../../src/shared/sidecar-config.ts';

const NAME = 'openai-api-key (OPENAI_API_KEY)';
const SECRET = 'sk-secret';

test.each([undefined, '', ' \r\n'])('a credential of %j is ignored', (value) => {
  expect(normaliseCredential(NAME, value)).toBeUndefined();
});

test('a credential is trimmed', () => {
  expect(normaliseCredential(NAME, `\t${SECRET}\r\n`)).toBe(SECRET);
});

// What Node would reject as a header's value must be rejected before anything starts, under the name that the user
// knows.
test.each([
  ['an inner line break', `${SECRET}\nx`, 'contains a line break or another control character'],
  ['NUL', `${SECRET}\0`, 'contains a line break or another control character'],
  ['DEL', `${SECRET}\x7f`, 'contains a line break or another control character'],
  ['a control character of Latin-1', `${SECRET}\x85x`, 'contains a line break or another control character'],
  ['an accented letter', `${SECRET}é`, 'contains a character outside ASCII'],
  ['an ellipsis', `${SECRET}…`, 'contains a character outside ASCII'],
  ['an emoji', `${SECRET}🔑`, 'contains a character outside ASCII'],
])('a credential with %s is rejected by its name, and is not quoted', (_, value, message) => {
  const refuse = (): unknown => normaliseCredential(NAME, value);
  expect(refuse).toThrow(`${NAME} ${message}`);
  expect(refuse).not.toThrow(SECRET);
});
