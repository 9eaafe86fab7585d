/** What AWF uses of the package `yaml`. Only `yaml.ts` imports this file, and it is a bundle of its own (`script/build`). */
export { isAlias, isMap, isScalar, isSeq, LineCounter, parse, parseDocument, Scalar } from 'yaml';
