import { describe, expect, test } from 'vitest';
import { HOST_PRESETS } from '../../../src/config/presets/data.ts';
import { nearestPresets, PRESET_NAMES, presetNamed, TOOL_PRESETS } from '../../../src/config/presets/names.ts';

describe('names', () => {
  test('no word stands for two presets', () => {
    const words = [...TOOL_PRESETS, ...HOST_PRESETS].flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(words).toEqual([...new Set(words)]);
    expect(words).not.toContain('auto');
    for (const word of words) expect(word).toMatch(/^[a-z][a-z-]*$/);
  });

  test.each([
    ['node', 'npm'],
    ['python', 'pypi'],
    ['rust', 'crates'],
    ['ruby', 'rubygems'],
    ['dotnet', 'nuget'],
    ['ubuntu', 'debian'],
    ['PyPI', 'pypi'],
  ])('%s stands for %s', (word, name) => {
    expect(presetNamed(word)?.name).toBe(name);
  });

  test.each(['', 'constructor', 'npm.example', 'nmp'])('%j stands for nothing', (word) => {
    expect(presetNamed(word)).toBeUndefined();
  });

  test('what a preset contains exists', () => {
    for (const { includes = [] } of HOST_PRESETS) expect(PRESET_NAMES).toEqual(expect.arrayContaining([...includes]));
  });
});

describe('the nearest names', () => {
  test.each([
    ['nmp', 'npm'],
    ['hugingface', 'huggingface'],
    ['playwrite', 'playwright'],
    ['playw', 'playwright'],
    ['nugget', 'nuget'],
    ['crate', 'crates'],
    ['github-red', 'github-read'],
  ])('%s: %s first', (word, name) => {
    expect(nearestPresets(word)[0]).toBe(name);
  });

  test.each(['localhost', 'x', 'intranet-server'])('%s is near to none', (word) => {
    expect(nearestPresets(word)).toEqual([]);
  });

  test('are three at most', () => {
    expect(nearestPresets('git').length).toBeLessThanOrEqual(3);
  });
});
