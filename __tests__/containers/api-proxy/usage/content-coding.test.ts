import { Transform } from 'node:stream';
import { expect, test } from 'vitest';
import { decoderFor } from '../../../../containers/api-proxy/src/usage/content-coding.ts';

test('only the names of codings are names of codings', () => {
  for (const coding of ['gzip', ' GZip ', 'x-gzip', 'deflate', 'br', 'zstd'])
    expect(decoderFor(coding)).toBeInstanceOf(Transform);
  for (const coding of [undefined, '', 'identity']) expect(decoderFor(coding)).toBeUndefined();
  for (const coding of ['constructor', '__proto__', 'toString', 'gzip, br', 'x']) expect(decoderFor(coding)).toBeNull();
});
