import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ZodType } from 'zod';
import type { Option } from '../config/option.ts';
import { keysBelow, policyKeys, VERSION, type PolicyKey } from './keys.ts';

type SchemaPackage = typeof import('./schema-package.ts');

/**
 * Loads the package when a policy has to be checked. Reading the options is synchronous, so `import()` is no way.
 *
 * The bundle stands beside every program that needs it, with the ending of a compiled file.
 */
function loadPackage(): SchemaPackage {
  const ending = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const path = join(import.meta.dirname, `schema-package.${ending}`);
  return createRequire(path)(path) as SchemaPackage;
}

let loaded: SchemaPackage | undefined;

/** The form of a policy. What its texts mean is the options' business. */
export function policySchema(keys: readonly PolicyKey[] = policyKeys()): ZodType {
  const { literal, optional, strictObject } = (loaded ??= loadPackage());
  const groups = keysBelow(keys, []).filter((name) => name !== 'version');
  const members = groups.map((group): [string, ZodType] => {
    const own = keys.filter(({ path }) => path[0] === group);
    const whole = own.find(({ path }) => path.length === 1);
    if (whole !== undefined) return [group, optional(formOf(whole))];
    const inner = own.map((key): [string, ZodType] => [key.path[1] ?? '', optional(formOf(key))]);
    return [group, optional(strictObject(Object.fromEntries(inner)))];
  });
  const version = literal(VERSION).describe('the version of this format');
  return strictObject({ version, ...Object.fromEntries(members) });
}

/** The same for editors: https://json-schema.org/draft-07 */
export function policyJsonSchema(): object {
  const schema = policySchema();
  const { toJSONSchema } = (loaded ??= loadPackage());
  return {
    ...toJSONSchema(schema, { target: 'draft-7' }),
    title: 'A policy of AWF: what a command in the sandbox may reach and use',
  };
}

function formOf({ form, option }: PolicyKey): ZodType {
  const { array, record, strictObject, string } = (loaded ??= loadPackage());
  if (form === 'plain') return plainForm(option).describe(option.description);
  const rule = string().regex(/^\S+ +\S+$/, 'is not a rule; write a method and a path, such as "GET /packages/**"');
  const host = string().regex(/^[^\s/]+$/, 'is not a host; write a name such as "registry.example.com"');
  return record(host, strictObject({ rules: array(rule).min(1, 'has no rule') })).describe(
    'the only requests that pass to a host: a method and a path, such as "GET /packages/**"',
  );
}

function plainForm(option: Option): ZodType {
  const { array, enumOf, number, string, union } = (loaded ??= loadPackage());
  switch (option.kind) {
    case 'choice':
      return enumOf([...option.choices]);
    case 'count':
      return number()
        .int()
        .min(1)
        .max(option.max ?? Number.MAX_SAFE_INTEGER);
    case 'lines':
    case 'variables':
      return array(string().regex(/^[^\n]*\S[^\n]*$/, 'is not one line'));
    case 'commas':
      return array(string().regex(/^[^\n,]*[^\s,][^\n,]*$/, 'is not one entry; write each as an item of its own'));
    case 'text':
      return union([number(), string().regex(/\S/, 'is empty')]);
    case 'boolean':
    case 'script':
    case 'secret':
    case 'secret-lines':
      throw new Error(`a policy has no form for the option ${option.name}`);
  }
}
