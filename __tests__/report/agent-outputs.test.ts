import { describe, expect, test } from 'vitest';
import { agentOutputs } from '../../src/report/agent-outputs.ts';
import { given, SENTINELS } from '../../testing/builders.ts';

const read = (text: string, isCut = false) => agentOutputs({ text, isCut }, new Map());

describe('reads like the runner', () => {
  test.each<[string, string, Record<string, string>]>([
    ['nothing', '', {}],
    ['a line', 'name=value\n', { name: 'value' }],
    ['no line break at the end', 'name=value', { name: 'value' }],
    ['an empty value', 'name=\n', { name: '' }],
    ['equals signs in the value', 'name=a=b==\n', { name: 'a=b==' }],
    ['spaces, which belong to the value', 'name= a b \n', { name: ' a b ' }],
    ['empty lines between', '\n\na=1\n\nb=2\n\n', { a: '1', b: '2' }],
    ['a carriage return, which belongs to the value', 'a=1\r\n', { a: '1\r' }],
    ['a block', 'a<<EOF\none\ntwo\nEOF\nb=2\n', { a: 'one\ntwo', b: '2' }],
    ['an empty block', 'a<<EOF\nEOF\n', { a: '' }],
    ['a block of an empty line', 'a<<EOF\n\nEOF\n', { a: '' }],
    ['line breaks at the end of a block', 'a<<EOF\nx\n\n\nEOF\n', { a: 'x\n\n' }],
    ['a block whose end has no line break', 'a<<EOF\nx\nEOF', { a: 'x' }],
    ['lines in a block that look like outputs', 'a<<EOF\nb=2\nc<<EOT\nEOF\n', { a: 'b=2\nc<<EOT' }],
    ['a delimiter with more around it, which is none', 'a<<EOF\nEOF \n EOF\nEOF\n', { a: 'EOF \n EOF' }],
    ['an equals sign before <<', 'a=b<<EOF\n', { a: 'b<<EOF' }],
    ['<< before an equals sign', 'a<<b=c\nx\nb=c\n', { a: 'x' }],
    ['a delimiter with <<', 'a<<b<<c\nx\nb<<c\n', { a: 'x' }],
    ['the later of two with one name', 'a=1\na=2\n', { a: '2' }],
    ['names without regard to case', 'Name=1\nNAME=2\n', { NAME: '2' }],
    ['names of objects’ own', '__proto__=x\nconstructor=y\n', { ['__proto__']: 'x', constructor: 'y' }],
    ['everything but ASCII', 'a=ü\u{1f600}\u2028x\n', { a: 'ü\u{1f600}\u2028x' }],
  ])('%s', (_, text, values) => {
    const outputs = read(text);
    expect(Object.entries(outputs.values)).toEqual(Object.entries(values));
    expect(outputs.warnings).toEqual([]);
  });

  test('JSON keeps every value, including a delimiter of our own file', () => {
    const text = 'a<<EOF\nghadelimiter_x\nforged=1\n"}\nEOF\n__proto__=x\n';
    expect(JSON.parse(JSON.stringify(read(text).values))).toEqual(
      JSON.parse('{"a":"ghadelimiter_x\\nforged=1\\n\\"}","__proto__":"x"}'),
    );
  });
});

describe('a malformed line is left out, with a warning', () => {
  const GOOD = 'good=1\n';
  test.each([
    ['neither = nor <<', 'words'],
    ['no name', '=value'],
    ['no delimiter', 'name<<'],
    ['a space in the name', 'a b=1'],
    ['a name that begins with a digit', '1a=1'],
    ['a name that begins with a dash', '-a=1'],
    ['a dot in the name', 'a.b=1'],
    ['more than ASCII in the name', 'ä=1'],
    ['a name of more than 100 characters', `${'a'.repeat(101)}=1`],
    ['a workflow command', '::error::x'],
  ])('%s', (_, line) => {
    const outputs = read(`${GOOD}${line}\nafter=2\n`);
    expect(outputs.values).toEqual({ good: '1', after: '2' });
    expect(outputs.warnings).toEqual([expect.stringMatching(/^GITHUB_OUTPUT of the command: line 2 is no output/)]);
    expect(outputs.warnings[0]).not.toContain(line);
  });

  test('a block with a bad name is left out as a whole', () => {
    const outputs = read(`a b<<EOF\nc=3\nEOF\n${GOOD}`);
    expect(outputs.values).toEqual({ good: '1' });
    expect(outputs.warnings).toEqual([expect.stringContaining('line 1 is')]);
  });

  test('a block without an end takes the rest with it', () => {
    const outputs = read(`${GOOD}a<<EOF\nb=2\n`);
    expect(outputs.values).toEqual({ good: '1' });
    expect(outputs.warnings).toEqual([expect.stringContaining('the delimiter that line 2 announces never comes')]);
  });

  test('many are counted', () => {
    const [warning, ...more] = read(`${'x\n'.repeat(100_000)}${GOOD}`).warnings;
    expect(warning).toContain('lines 1, 2, 3, 4, 5 and 99995 more are no output');
    expect(more).toEqual([]);
  });
});

describe('limits', () => {
  test.each([
    ['a file that is longer than what is read', 'a=1\n', true, '1024 KiB'],
    ['too many outputs', Array.from({ length: 257 }, (_, index) => `a${index}=`).join('\n'), false, '256 outputs'],
    ['outputs that are too long', `a=${'x'.repeat(512 * 1024)}`, false, '524288 characters'],
    ['escapes that make them too long', `a=${'\u0001'.repeat(100_000)}`, false, '524288 characters'],
  ])('%s: all are dropped, and a warning says why', (_, text, isCut, why) => {
    const { values, warnings } = read(text, isCut);
    expect(values).toEqual({});
    expect(warnings).toEqual([expect.stringContaining(why)]);
    expect(warnings[0]).toContain('agent-outputs is empty');
  });

  test('what is just within the limits is accepted', () => {
    const many = Array.from({ length: 256 }, (_, index) => `a${index}=`).join('\n');
    expect(Object.keys(read(`${many}\na0=again`).values)).toHaveLength(256);
    expect(read(`a=${'x'.repeat(512 * 1024 - 8)}`).values['a']).toHaveLength(512 * 1024 - 8);
  });
});

test('a credential is masked, the longer one first', () => {
  const [openai, gemini] = [SENTINELS.get('OPENAI_API_KEY')!, SENTINELS.get('GEMINI_API_KEY')!];
  const credentials = new Map([...given('OPENAI_API_KEY', 'GEMINI_API_KEY'), ['LONGER', `${openai}-and-more`]]);
  const text = `a=x${openai}y${gemini}\nb=${openai}-and-more\n`;
  expect(agentOutputs({ text, isCut: false }, credentials).values).toEqual({ a: 'x***y***', b: '***' });
});
