import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { explained } from '../../src/host/shortage.ts';

const systemError = (code: string): Error => Object.assign(new Error(`${code}: write`), { code });

test.each([
  ['ENOSPC', 'No space is left on the device for a file of this run.'],
  ['EDQUOT', 'The quota of this user leaves no space for a file of this run.'],
  ['EFBIG', 'A file of this run is larger than this process may write.'],
  ['EMFILE', 'This process may not open more files.'],
  ['ENFILE', 'This machine cannot open more files.'],
])('%s is told with a remedy', (code, message) => {
  const error = explained(systemError(code));
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ message, hint: expect.any(String) as string, cause: { code } });
});

test.each([[systemError('EIO')], [new UserError('no', { cause: systemError('ENOSPC') })], ['text'], [undefined]])(
  '%s stays as it is',
  (error) => {
    expect(explained(error)).toBe(error);
  },
);
