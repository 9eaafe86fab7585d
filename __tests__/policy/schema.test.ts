import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { policyKeys } from '../../src/policy/keys.ts';
import { policyJsonSchema, policySchema } from '../../src/policy/schema.ts';
import { ROOT } from '../../testing/root.ts';

test('the schema for editors is the one that AWF checks with: node script/write-policy-schema.ts', () => {
  const written: unknown = JSON.parse(readFileSync(join(ROOT, 'schema/policy.schema.json'), 'utf8'));
  expect(written).toEqual(JSON.parse(JSON.stringify(policyJsonSchema())));
});

test('a group exists while one of its keys does', () => {
  const withoutEgress = policySchema(policyKeys().filter(({ path }) => path[0] !== 'egress'));
  expect(policySchema().safeParse({ version: 1, egress: {} }).success).toBe(true);
  expect(withoutEgress.safeParse({ version: 1, egress: {} }).success).toBe(false);
});
