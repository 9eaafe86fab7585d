import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policyCommand } from '../../src/command-line/policy.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

const POLICY = `version: 1
egress:
  allow:
    - a.example
    - https://b.example:8443
  deny: [closed.a.example]
hosts:
  r.example:
    rules: ["GET /x/**", "POST /y?z=*"]
`;

function aWorkspace(policy?: string): string {
  const workspace = temporaryDirectory();
  mkdirSync(join(workspace, '.github'));
  if (policy !== undefined) writeFileSync(join(workspace, '.github/awf.yml'), policy);
  return workspace;
}

const awfPolicy = (argv: readonly string[], workspace = aWorkspace(POLICY), environment: NodeJS.ProcessEnv = {}) =>
  policyCommand(argv, environment, workspace);

describe('awf policy check', () => {
  test('counts the entries of a policy without mistakes', () => {
    expect(awfPolicy(['check'])).toEqual({
      text: '.github/awf.yml has no mistakes. Entries: egress.allow 2, egress.deny 1, hosts 2.\n',
      exitCode: 0,
    });
    expect(awfPolicy(['check'], aWorkspace('version: 1')).text).toContain('Entries: none.');
  });

  test('finds the mistakes of the form and of the entries at once', () => {
    const policy = 'version: 1\negress:\n  allow: [10.0.0.1]\n  alow: []\nprotect-paths: [none, a]\n';
    const { text, exitCode } = awfPolicy(['check'], aWorkspace(policy));
    expect(exitCode).toBe(1);
    expect(text).toContain('.github/awf.yml, line 3, column 11: "10.0.0.1" is an IP address.');
    expect(text).toContain('.github/awf.yml, line 4, column 3: "alow" is not a key of egress.\nDid you mean "allow"?');
    expect(text).toContain('.github/awf.yml, line 5, column 17: "none" stands beside other entries.');
    expect(text).toContain('\n\n3 mistakes in .github/awf.yml.\n');
  });

  test('reads another file, and prints JSON', () => {
    const workspace = aWorkspace();
    writeFileSync(join(workspace, 'p.yml'), 'version: 1\nfoo: 1');
    const { text, exitCode } = awfPolicy(['check', 'p.yml', '--json'], workspace);
    expect(exitCode).toBe(1);
    expect(JSON.parse(text)).toEqual({
      file: 'p.yml',
      mistakes: [
        { message: 'p.yml, line 2, column 1: "foo" is not a key of a policy.', hint: expect.any(String) as string },
      ],
      warnings: [],
      counts: [],
    });
  });

  test('a mistake in one entry hides no other', () => {
    const policy = `version: 1
egress:
  allow:
    - no
    - 1.5
    - 10.0.0.1
  deny: &names ["*"]
  mode: on
hosts:
  a.example:
    rules: [GET, DELETE /a/../b]
allow-services: [5432, docker]
`;
    const { text } = awfPolicy(['check'], aWorkspace(policy));
    const places = [...text.matchAll(/^\.github\/awf\.yml, line (\d+), column (\d+)/gm)].map(([, line, column]) => [
      line,
      column,
    ]);
    expect(new Set(places.map((place) => place.join(':')))).toEqual(
      new Set(['4:7', '5:7', '6:7', '7:16', '7:17', '8:9', '11:13', '11:18', '12:18', '12:24']),
    );
    expect(text).toContain('10 mistakes in');
  });

  test('finds two services at one port, as a run does', () => {
    const { text, exitCode } = awfPolicy(['check'], aWorkspace('version: 1\nallow-services: [a:1, b:1]\n'));
    expect(text).toContain('.github/awf.yml, line 2, column 23: b:1 has the same port as a:1');
    expect(exitCode).toBe(1);
  });

  test('warns of letters that look like others', () => {
    const policy = 'version: 1\negress:\n  allow: [pаypal.example]\nhosts:\n  ɡoogle.example: { rules: [GET /x] }\n';
    const { text, exitCode } = awfPolicy(['check'], aWorkspace(policy));
    expect(exitCode).toBe(0);
    expect(text).toMatch(
      /^Warning: \.github\/awf\.yml, line 3, column 11: "pаypal.example" is xn--pypal-4ve.example\./m,
    );
    expect(text).toMatch(
      /^Warning: \.github\/awf\.yml, line 5, column 29: "ɡoogle.example" is xn--oogle-qmc.example\./m,
    );
  });

  test('needs a file, and follows a link as a run does', () => {
    const workspace = aWorkspace();
    const message = (file: string): string => thrown(() => awfPolicy(['check', file], workspace)).message;
    expect(thrown(() => awfPolicy(['check'], workspace)).message).toBe('.github/awf.yml does not exist.');
    expect(message('.github')).toBe('.github is not a file.');
    writeFileSync(join(workspace, 'p.yml'), 'version: 1');
    symlinkSync('p.yml', join(workspace, 'link.yml'));
    expect(awfPolicy(['check', 'link.yml'], workspace).text).toBe('link.yml has no mistakes. Entries: none.\n');
    symlinkSync('/etc/hostname', join(workspace, 'out.yml'));
    expect(message('out.yml')).toBe('out.yml is a link that leads out of the workspace.');
    symlinkSync('nothing.yml', join(workspace, 'dangling.yml'));
    expect(message('dangling.yml')).toBe('dangling.yml is a link to nothing.');
  });
});

describe('awf policy test', () => {
  test.each([
    ['https://a.example/x', 0, 'allowed', 'by "a.example" (.github/awf.yml, line 4, column 7)'],
    ['sub.a.example', 0, 'allowed', 'by "a.example"'],
    ['http://a.example', 0, 'allowed', 'by "a.example"'],
    ['http://a.example:8080', 1, 'refused', 'no entry allows it'],
    ['https://b.example:8443/', 0, 'allowed', 'by "https://b.example:8443"'],
    ['https://b.example', 1, 'refused', 'no entry allows it'],
    ['https://closed.a.example', 1, 'refused', 'by "closed.a.example" (.github/awf.yml, line 6, column 10)'],
    ['https://c.example', 1, 'refused', 'no entry allows it'],
    ['https://10.0.0.1/', 1, 'refused', 'an address'],
    ['https://[::1]/', 1, 'refused', 'an address'],
    ['https://r.example/x/1', 0, 'allowed', 'by the rule "GET /x/**" (.github/awf.yml, line 9, column 13)'],
    ['HEAD https://r.example/x', 0, 'allowed', 'by the rule "GET /x/**"'],
    ['POST https://r.example/x/1', 1, 'refused', 'no rule for r.example allows this'],
    ['POST https://r.example/y?z=1', 0, 'allowed', 'by the rule "POST /y?z=*"'],
    ['POST https://r.example/y?z=1&a=2', 1, 'refused', 'no rule'],
    ['https://r.example/x/..%2f..%2fy', 1, 'refused', ''],
    ['https://r.example/x/%5c', 1, 'refused', 'different ways'],
    ['http://r.example/x/1', 1, 'refused', 'as https at port 443 only'],
  ])('%s', (url, exitCode, verdict, reason) => {
    const answer = awfPolicy(['test', url, '--json']);
    expect(JSON.parse(answer.text)).toEqual([{ url, verdict, reason: expect.stringContaining(reason) as string }]);
    expect(answer.exitCode).toBe(exitCode);
  });

  test('takes the flags of a run, and one line for each URL', () => {
    const argv = ['test', 'c.example', 'd.example', '--allow-domains', 'c.example', '--deny-domains', 'a.example'];
    const { text, exitCode } = awfPolicy(argv);
    expect(exitCode).toBe(1);
    expect(text.split('\n')).toEqual([
      'allowed  c.example  by "c.example" (--allow-domains)',
      'refused  d.example  no entry allows it',
      '',
    ]);
    expect(awfPolicy(['test', '--policy', 'none', 'a.example']).text).toContain('refused  a.example');
    expect(awfPolicy(['test', '--egress-policy=audit', 'd.example', 'closed.a.example']).text).toMatch(
      /^allowed {2}d\.example {2}by the audit mode.*\nrefused {2}closed/,
    );
  });

  test.each([
    ['https://d.example:8443', 'allowed', 'by the audit mode'],
    ['http://d.example:8080', 'allowed', 'by the audit mode'],
    ['http://a.example:8080', 'allowed', 'by the audit mode'],
    ['https://closed.a.example:8443', 'refused', 'by "closed.a.example"'],
    ['https://192.0.2.1', 'allowed', 'by the audit mode'],
    ['http://10.0.0.1:8080', 'refused', 'private'],
    ['https://127.1/', 'refused', 'private'],
    ['http://[2001:db8::1]', 'refused', 'an address'],
    ['https://r.example:8443/x', 'refused', 'at port 443 only'],
  ])('in an audit, %s is %s', (url, verdict, reason) => {
    const { text } = awfPolicy(['test', '--egress-policy=audit', '--json', url]);
    expect(JSON.parse(text)).toEqual([{ url, verdict, reason: expect.stringContaining(reason) as string }]);
  });

  test.each([
    ['http://10.1.2.3/', ['--allow-private-networks=10.1.0.0/16', '--egress-policy=audit'], 'allowed', 'audit mode'],
    ['http://10.1.2.3/', ['--allow-private-networks=10.1.0.0/16'], 'refused', 'an address'],
    ['http://postgres:5432', ['--allow-services=postgres:5432'], 'allowed', 'by the service postgres:5432'],
    ['http://postgres:5433', ['--allow-services=postgres:5432'], 'refused', 'no entry allows it'],
    ['https://-x.example/', [], 'refused', 'not the name of a host'],
    ['https://*.a.example/', [], 'refused', 'not the name of a host'],
  ])('%s with %j is %s', (url, flags, verdict, reason) => {
    const { text } = awfPolicy(['test', ...flags, '--json', url]);
    expect(JSON.parse(text)).toEqual([{ url, verdict, reason: expect.stringContaining(reason) as string }]);
  });

  test('the upstream of a provider is nothing that the command reaches', () => {
    const environment = { OPENAI_API_KEY: 'sk-x'.padEnd(40, 'x'), OPENAI_API_TARGET: 'gateway.a.example' };
    const { text } = awfPolicy(
      ['test', 'https://gateway.a.example', 'https://other.a.example'],
      aWorkspace(POLICY),
      environment,
    );
    expect(text).toMatch(/^refused .* the upstream of a provider, .*\nallowed .* by "a.example"/);
  });

  test.each([
    [['test', 'a b c'], 'is not a URL'],
    [['test', 'ftp://a.example'], 'is neither https nor http'],
    [['test', 'TRACE https://a.example'], 'has no method that is one of'],
    [['test', 'https://a.example', '--memory', 'much'], '--memory: "much" is not a size'],
    [['test'], "missing required argument 'url'"],
    [['test', '--nonsense', 'a.example'], "unknown option '--nonsense'"],
    [['chek'], "unknown command 'chek'"],
    [[], 'needs a subcommand'],
    [['check', 'a', 'b'], 'too many arguments'],
  ])('refuses %j', (argv, problem) => {
    const error = thrown(() => awfPolicy(argv));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(problem);
  });

  test('does not answer for a policy with mistakes', () => {
    expect(() => awfPolicy(['test', 'a.example'], aWorkspace('version: 2'))).toThrow(/line 1, column 10/);
  });
});

test.each([
  [['--help'], 'check'],
  [['test', '--help'], '--allow-domains'],
  [['check', '--help'], '[file]'],
])('%j explains', (argv, words) => {
  expect(awfPolicy(argv)).toEqual({ text: expect.stringContaining(words) as string, exitCode: 0 });
});

describe('presets', () => {
  test('a word that is none is a mistake of the file, wherever it is checked', () => {
    const { text, exitCode } = awfPolicy(['check'], aWorkspace('version: 1\negress:\n  allow: [nmp, npm]\n'));
    expect(exitCode).toBe(1);
    expect(text).toContain('.github/awf.yml, line 3, column 11: "nmp" is neither a domain nor a preset.');
    expect(text).toContain('Did you mean npm?');
    expect(text).toContain('One mistake');
  });

  test('are listed with what they are here', () => {
    const environment = { npm_config_registry: 'https://mirror.example/npm/' };
    const { text, exitCode } = awfPolicy(['presets'], aWorkspace(), environment);
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^npm\n {2}https:\/\/=mirror\.example \(from npm_config_registry\)$/m);
    expect(text).toMatch(/^nuget\n {2}https:\/\/=api\.nuget\.org$/m);
    const listed = JSON.parse(awfPolicy(['presets', '--json'], aWorkspace(), environment).text) as { name: string }[];
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['npm', 'nuget', 'github-read']));
  });

  test('asked for in the home directory, it says that settings there are left out', () => {
    const note = /^The settings in .* are left out/m;
    expect(awfPolicy(['presets'], homedir()).text).toMatch(note);
    expect(awfPolicy(['presets'], aWorkspace()).text).not.toMatch(note);
  });
});
