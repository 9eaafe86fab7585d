/**
 * What AWF uses of the package `zod`. Only `schema.ts` imports this file, and it is a bundle of its own (`script/build`):
 * loading it takes longer than everything else that a run without a policy file loads.
 */
export {
  array,
  enum as enumOf,
  literal,
  number,
  optional,
  record,
  strictObject,
  string,
  toJSONSchema,
  union,
} from 'zod';
