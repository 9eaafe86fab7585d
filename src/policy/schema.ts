import type { ZodType } from 'zod';
import type { Option } from '../config/option.ts';
import { packageBeside } from '../host/package-beside.ts';
import { keysBelow, policyKeys, VERSION, type PolicyKey } from './keys.ts';

type SchemaPackage = typeof import('./schema-package.ts');

let loaded: SchemaPackage | undefined;

const zod = (): SchemaPackage => (loaded ??= packageBeside('schema-package', import.meta) as SchemaPackage);

/** The form of a policy. What its texts mean is the options' business. */
export function policySchema(keys: readonly PolicyKey[] = policyKeys()): ZodType {
  const { literal, optional, strictObject } = zod();
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
  const { toJSONSchema } = zod();
  return {
    ...toJSONSchema(schema, { target: 'draft-7' }),
    title: 'A policy of AWF: what a command in the sandbox may reach and use',
  };
}

function formOf({ form, option }: PolicyKey): ZodType {
  const { array, record, strictObject, string } = zod();
  if (form === 'plain') return plainForm(option).describe(option.description);
  const rule = string().regex(/^\S+ +\S+$/, 'is not a rule; write a method and a path, such as "GET /packages/**"');
  const host = string().regex(/^[^\s/]+$/, 'is not a host; write a name such as "registry.example.com"');
  return record(host, strictObject({ rules: array(rule).min(1, 'has no rule') })).describe(
    'the only requests that pass to a host: a method and a path, such as "GET /packages/**"',
  );
}

function plainForm(option: Option): ZodType {
  const { array, enumOf, number, string, union } = zod();
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
