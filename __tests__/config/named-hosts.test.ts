import { describe, expect, test } from 'vitest';
import { hostCredential } from '../../src/config/host-credentials.ts';
import { hostRule } from '../../src/config/host-rules.ts';
import { companionHosts, providerHosts, ruledHosts } from '../../src/config/named-hosts.ts';
import { configuredProviders } from '../../src/config/providers.ts';
import type { NamedHost } from '../../src/shared/named-host.ts';
import { given, OWN_CHOICES } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

const source = { kind: 'input', name: 'x' } as const;
const credentials = (...texts: readonly string[]) => texts.map((text) => hostCredential({ text, source }).entry);
const rules = (...texts: readonly string[]) => texts.map((text) => hostRule({ text, source }));
const USE = { name: 'token', header: 'authorization', prefix: 'Bearer ' };
const BUILT_IN: NamedHost = {
  ...{ name: 'api.github.com', credential: USE, option: 'github-access', echoesNothing: true },
  rules: [{ method: 'GET', path: '/repos/o/r/**', credential: USE, source: 'github-access read' }],
};

describe('ruledHosts', () => {
  test('a host with a credential and no rule may be read', () => {
    const [entry] = credentials('a.example bearer s3cret');
    expect(ruledHosts([entry!], [], [])).toEqual([{ name: 'a.example', rules: entry!.rules }]);
  });

  test("the user's rules replace that, and have the credential", () => {
    const [entry] = credentials('a.example bearer s3cret');
    expect(ruledHosts([entry!], rules('a.example PUT /b'), [])).toEqual([
      { name: 'a.example', rules: [{ method: 'PUT', path: '/b', credential: entry!.use, source: 'x' }] },
    ]);
  });

  test('rules without a credential are a filter', () => {
    expect(ruledHosts([], rules('a.example GET /b'), [])).toEqual([
      { name: 'a.example', rules: [{ method: 'GET', path: '/b', source: 'x' }] },
    ]);
  });

  test("the user's rules come before the built-in ones, with the built-in credential", () => {
    expect(ruledHosts([], rules('api.github.com POST /repos/o/r/dispatches'), [BUILT_IN])).toEqual([
      {
        ...{ name: 'api.github.com', option: 'github-access', echoesNothing: true },
        rules: [{ method: 'POST', path: '/repos/o/r/dispatches', credential: USE, source: 'x' }, ...BUILT_IN.rules],
      },
    ]);
  });

  test('two built-in tables of one host are one', () => {
    const other: NamedHost = {
      name: 'api.github.com',
      rules: [{ method: 'GET', path: '/copilot_internal/user', source: 'GitHub Copilot' }],
    };
    const [host, ...rest] = ruledHosts([], [], [other, BUILT_IN]);
    expect(rest).toEqual([]);
    expect(host?.rules).toEqual([...other.rules, ...BUILT_IN.rules]);
    expect(host?.echoesNothing).toBeUndefined();
  });
});

describe('the hosts of providers', () => {
  const named = (variable: string, target?: string) => {
    const secrets = given(variable);
    const choices = {
      ...OWN_CHOICES,
      ...(target !== undefined && { targetOf: () => ({ host: target, port: 443, basePath: '/v1' }) }),
    };
    const providers = configuredProviders(secrets, allowing(''), choices);
    return { hosts: providerHosts(providers, secrets, choices), companions: companionHosts(providers) };
  };

  test('the own host leads to the target of the user', () => {
    expect(named('OPENAI_API_KEY').hosts).toMatchObject([
      { name: 'api.openai.com', target: { host: 'api.openai.com' } },
    ]);
    expect(named('OPENAI_API_KEY', 'gateway.example').hosts).toMatchObject([
      { name: 'api.openai.com', target: { host: 'gateway.example', basePath: '/v1' } },
    ]);
  });

  test("each host of Copilot's plans leads to itself, and GitHub is asked about a token", () => {
    const { hosts, companions } = named('COPILOT_GITHUB_TOKEN');
    const plans = ['', 'individual.', 'business.', 'enterprise.'].map((plan) => `api.${plan}githubcopilot.com`);
    expect(hosts.map(({ name, target }) => [name, target.host])).toEqual(plans.map((host) => [host, host]));
    expect(companions).toEqual([
      {
        ...{ name: 'api.github.com', echoesNothing: true },
        rules: [
          {
            ...{ method: 'GET', path: '/copilot_internal/user', source: 'GitHub Copilot' },
            credential: { name: 'COPILOT_GITHUB_TOKEN', header: 'authorization', prefix: 'Bearer ' },
          },
        ],
      },
    ]);
    expect(named('COPILOT_API_KEY').companions).toEqual([]);
  });
});
