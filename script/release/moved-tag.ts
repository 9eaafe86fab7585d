/**
 * Prints the tag of the major version if a release moves it: `git tag | node script/release/moved-tag.ts VERSION`, with
 * the tags that exist on standard input.
 */
import { text } from 'node:stream/consumers';
import { movedTag } from './version.ts';

const tags = (await text(process.stdin)).split('\n');
console.log(movedTag(process.argv[2] ?? '', tags) ?? '');
