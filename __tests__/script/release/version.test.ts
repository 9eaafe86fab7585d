import { describe, expect, test } from 'vitest';
import { movedTag, parseVersion } from '../../../script/release/version.ts';

describe('parseVersion', () => {
  test.each(['1.0.0', '0.10.2', '12.0.3', '2.0.0-rc.1'])('takes %s', (text) =>
    expect(parseVersion(text)).toBeDefined(),
  );

  test.each(['v1.0.0', '1.0', '01.0.0', '1.0.0+build', '1.0.0-', '1.0.0 ', '', '1.0.0\n'])('refuses "%s"', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

describe('movedTag', () => {
  test.each([
    { what: 'the first release', version: '1.0.0', tags: [], moved: 'v1' },
    { what: 'a newer one', version: '1.10.0', tags: ['v1.9.0', 'v1.2.3', 'v1'], moved: 'v1' },
    { what: 'the next major version', version: '2.0.0', tags: ['v1.9.0', 'v1'], moved: 'v2' },
    { what: 'its own tag among the others', version: '1.3.0', tags: ['v1.3.0'], moved: 'v1' },
    { what: 'a newer pre-release', version: '1.3.0', tags: ['v1.4.0-rc.1'], moved: 'v1' },
    { what: 'tags of other things', version: '1.3.0', tags: ['1.9.0', 'docs-v1.9.0', 'vNext', ''], moved: 'v1' },
  ])('moves for $what', ({ version, tags, moved }) => expect(movedTag(version, tags)).toBe(moved));

  test.each([
    { what: 'a pre-release', version: '2.0.0-rc.1', tags: ['v1.9.0'] },
    { what: 'a fix for an older minor version', version: '1.2.4', tags: ['v1.2.3', 'v1.3.0'] },
    { what: 'a text that is no version', version: 'latest', tags: [] },
  ])('does not move for $what', ({ version, tags }) => expect(movedTag(version, tags)).toBeUndefined());
});
