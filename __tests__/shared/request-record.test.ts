import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_STATUS } from '../../src/shared/request-record.ts';

/** Reads rows that start with a cell such as `408 \`request_timeout\`, 431 \`head_too_large\``. */
function documented(): Record<string, number> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/troubleshooting.md'), 'utf8');
  const cells = [...page.matchAll(/^\| (\d{3} `\w+`[^|]*)\|/gm)].map(([, cell]) => cell ?? '');
  return Object.fromEntries(
    cells.flatMap((cell) => {
      let status = 0;
      return [...cell.matchAll(/(\d{3}) |`(\w+)`/g)].flatMap(([, number, code]) => {
        if (number !== undefined) status = Number(number);
        return code === undefined ? [] : [[code, status]];
      });
    }),
  );
}

test('every code is documented with its status, and no others are', () => {
  expect(documented()).toEqual(ERROR_STATUS);
});
