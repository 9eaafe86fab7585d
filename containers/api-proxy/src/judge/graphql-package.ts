/**
 * What AWF uses of the package `graphql`. Only {@link loadGraphql} imports this file: the parser takes 2 to 3 MB, and most
 * runs have no rule that needs it.
 */
export { parse } from 'graphql/language/parser.js';
export { print } from 'graphql/language/printer.js';
export { stripIgnoredCharacters } from 'graphql/utilities/stripIgnoredCharacters.js';
export { visit } from 'graphql/language/visitor.js';
