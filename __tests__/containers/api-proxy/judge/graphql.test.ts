import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ProxyError } from '../../../../containers/api-proxy/src/errors.ts';
import { checkGraphqlHeaders, GraphqlJudge, loadGraphql } from '../../../../containers/api-proxy/src/judge/graphql.ts';
import { graphqlRule, type GithubAccessLevel } from '../../../../src/shared/github-access.ts';

const graphql = await loadGraphql();

const READ = '{ repository(owner: "o", name: "r") { id } }';
const COMMENT = 'mutation { addComment(input: {subjectId: "I_1", body: "hi"}) { clientMutationId } }';
const EVIL = 'deleteRef(input: {refId: "R_1"}) { clientMutationId }';

/** What is forwarded, or why nothing is. */
function judge(body: string | Buffer | object, level: GithubAccessLevel = 'comment'): string {
  const judgement = new GraphqlJudge(graphql, graphqlRule(level), `github-access ${level}`).begin();
  const octets = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  try {
    return judgement.end(Buffer.from(octets as string)).toString();
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    expect(error.status).toBe(403);
    return `${error.code}: ${error.message}`;
  }
}

const document = (query: string, rest: object = {}) => ({ query, ...rest });
const MUTATION = /^graphql_not_allowed: .*"deleteRef".*github-access: write$/;
const UNREADABLE = /^body_unreadable: /;

describe('what passes', () => {
  test.each<[string, object, GithubAccessLevel]>([
    ['a query', document(READ), 'read'],
    [
      'a query with variables',
      document('query Q($n: Int!) { a(n: $n) }', { variables: { n: 1 }, operationName: 'Q' }),
      'read',
    ],
    [
      'a query that asks for __typename and the schema',
      document('{ __typename __schema { queryType { name } } }'),
      'read',
    ],
    ['many selections in each other', document(`${'{a'.repeat(100)}${'}'.repeat(100)}`), 'read'],
    ['null for what is not needed', document(READ, { variables: null, operationName: null }), 'read'],
    ['a comment', document(COMMENT), 'comment'],
    ['a mutation under another name', document(COMMENT.replace('addComment', 'deleteRef: addComment')), 'comment'],
    ['two mutations', document('mutation { a: addReaction(input: {}) { x } __typename }'), 'comment'],
    ['a branch that is deleted', document(`mutation { ${EVIL} }`), 'write'],
    [
      'two operations',
      document(`query A ${READ} ${COMMENT.replace('mutation', 'mutation B')}`, { operationName: 'A' }),
      'comment',
    ],
  ])('%s', (_, body, level) => {
    const passed = JSON.parse(judge(body, level)) as { query: string };
    const { parse, print } = graphql;
    expect(print(parse(passed.query))).toBe(print(parse((body as { query: string }).query)));
  });

  test('variables and the name of the operation, as they were', () => {
    const variables = { n: 1.5, s: 'mutation { x }', o: { list: [null, true] } };
    const passed = judge(document('query A($n: Float) { a(n: $n) }', { variables, operationName: 'A' }), 'read');
    expect(JSON.parse(passed)).toMatchObject({ variables, operationName: 'A' });
  });

  test.each(['mutation { deleteRef }', '} mutation { deleteRef {', '# mutation', '"""mutation{x}"""'])(
    'a text that looks like a mutation: %s',
    (text) => {
      const literal = judge(document(`{ search(query: ${JSON.stringify(text)}) { id } }`), 'read');
      expect(JSON.parse(literal)).toHaveProperty('query');
      expect(JSON.parse(judge(document(READ, { variables: { text } }), 'read'))).toMatchObject({ variables: { text } });
    },
  );

  test('with the length that was announced', () => {
    for (const query of [READ, COMMENT, `# comment\n${READ}`, READ.replaceAll(' ', '')]) {
      const body = JSON.stringify({ query, variables: { umlaut: 'ä' } });
      expect(Buffer.byteLength(judge(body))).toBe(Buffer.byteLength(body));
    }
    const long = document(`{a(b:"""${'\n"\n'.repeat(100)}x""")}`);
    expect(judge(long)).toMatch(/^body_unreadable: .*its strings take more room/);
  });

  test('a block string, as a plain one', () => {
    const passed = JSON.parse(judge(document('{ a(b: """\n  two\n    "lines\\"""\n""") }'))) as { query: string };
    expect(passed.query).toBe('{a(b:"two\\n  \\"lines\\"\\"\\"")}');
  });

  test.each([
    ['written out', document('mutation { addPullRequestReview(input: {event: COMMENT}) { x } }')],
    ['without an event, which stays a draft', document('mutation { addPullRequestReview(input: {body: "b"}) { x } }')],
    [
      'in a variable',
      document('mutation($i: I!) { addPullRequestReview(input: $i) { x } }', {
        variables: { i: { event: 'COMMENT' } },
      }),
    ],
    [
      'with a variable for the event',
      document('mutation($e: E) { addPullRequestReview(input: {event: $e}) { x } }', { variables: { e: 'COMMENT' } }),
    ],
  ])('a review that only comments, %s', (_, body) => {
    expect(JSON.parse(judge(body))).toHaveProperty('query');
  });
});

describe('a mutation that is not allowed is found', () => {
  test.each<[string, string | object]>([
    ['in the open', document(`mutation { ${EVIL} }`)],
    ['under the name of an allowed one', document(`mutation { addComment: ${EVIL} }`)],
    ['behind an allowed one', document(`mutation { addComment(input: {}) { x } ${EVIL} }`)],
    ['in an inline fragment', document(`mutation { ... { ${EVIL} } }`)],
    [
      'in inline fragments in each other',
      document(`mutation { ... on Mutation { ... { ... on Mutation { ${EVIL} } } } }`),
    ],
    ['in a fragment', document(`mutation { ...f } fragment f on Mutation { ${EVIL} }`)],
    [
      'in a fragment of a fragment',
      document(`mutation { ...f } fragment g on Mutation { ${EVIL} } fragment f on Mutation { ...g }`),
    ],
    [
      'in fragments that use each other',
      document(`mutation { ...f } fragment f on Mutation { ...g } fragment g on Mutation { ...f ${EVIL} }`),
    ],
    ['behind a comment', document(`mutation { # { addComment }\n ${EVIL} # }\n}`)],
    ['behind a byte order mark and commas', document(`\ufeff,,mutation,{,${EVIL},}`)],
    ['behind a directive', document('mutation @a(b: "}") { deleteRef(input: {}) @skip(if: true) { x } }')],
    [
      'in the operation that operationName chooses',
      document(`query A ${READ} mutation B { ${EVIL} }`, { operationName: 'B' }),
    ],
    [
      'in an operation that operationName does not choose',
      document(`query A ${READ} mutation B { ${EVIL} }`, { operationName: 'A' }),
    ],
    ['in one of two operations without operationName', document(`query A ${READ} mutation B { ${EVIL} }`)],
    ['with a key that is escaped', `{"\\u0071uery":${JSON.stringify(`mutation { ${EVIL} }`)}}`],
    ['with a document that is escaped', `{"query":"\\u006dutation { \\u0064eleteRef { x } }"}`],
    ['with variables that say otherwise', document(`mutation { ${EVIL} }`, { variables: { query: READ } })],
    ['behind a block string', document(`mutation { addComment(input: {body: """ \\""" } """}) { x } ${EVIL} }`)],
    // A parser whose comments end at a line feed only would see a field `deleteRef` here, where another sees an alias.
    ['behind a carriage return', document(`mutation { deleteRef # \r : deleteRef \n (input: {}) { x } }`)],
  ])('%s', (_, body) => {
    expect(judge(body)).toMatch(MUTATION);
  });

  test('at the level below', () => {
    expect(judge(document(COMMENT), 'read')).toBe(
      'graphql_not_allowed: The rule "github-access read" does not allow the GraphQL mutation "addComment". ' +
        'If the workflow needs it, its author can allow it with this line: github-access: comment',
    );
  });

  test.each(['deleteRepository', 'createDeployKey', 'transferIssue', 'constructor', '__proto__'])(
    '%s, at every level',
    (name) => {
      expect(judge(document(`mutation { ${name}(input: {}) { x } }`), 'write')).toMatch(
        /No value of github-access allows/,
      );
    },
  );

  test('a subscription', () => {
    expect(judge(document('subscription { addComment { x } }'), 'write')).toMatch(
      /^graphql_not_allowed: .*subscriptions/,
    );
  });

  test('what a reader that ends comments elsewhere would see is not forwarded', () => {
    // Here, `deleteRef` is an alias. A parser whose comments end only at a line feed would take it for the field.
    const passed = judge(document('mutation { deleteRef # \r : addComment \n (input: {}) { x } }'));
    expect(JSON.parse(passed)).toHaveProperty('query', 'mutation{deleteRef:addComment(input:{}){x}}');
  });

  test.each([
    ['written out', document('mutation { addPullRequestReview(input: {event: APPROVE}) { x } }')],
    ['as a second event', document('mutation { addPullRequestReview(input: {event: COMMENT, event: APPROVE}) { x } }')],
    [
      'in a variable',
      document('mutation($i: I!) { addPullRequestReview(input: $i) { x } }', {
        variables: { i: { event: 'APPROVE' } },
      }),
    ],
    [
      'in the default of a variable',
      document('mutation($i: I = {event: APPROVE}) { addPullRequestReview(input: $i) { x } }'),
    ],
    [
      'in the default of a variable for the event',
      document('mutation($e: E = APPROVE) { addPullRequestReview(input: {event: $e}) { x } }', { variables: {} }),
    ],
    ['when a draft is submitted', document('mutation { submitPullRequestReview(input: {event: APPROVE}) { x } }')],
  ])('an approval, %s', (_, body) => {
    expect(judge(body)).toMatch(/^graphql_not_allowed: .*another event than COMMENT.*github-access: write$/);
    expect(JSON.parse(judge(body, 'write'))).toHaveProperty('query');
  });
});

describe('a request that cannot be judged is refused', () => {
  const text = JSON.stringify(READ);
  test.each<[string, string | Buffer | object]>([
    ['a batch', [document(READ), document(`mutation { ${EVIL} }`)]],
    ['a batch of one', [document(READ)]],
    ['two documents', `{"query":${text},"query":${JSON.stringify(`mutation { ${EVIL} }`)}}`],
    ['two documents, one of them escaped', `{"query":${text},"\\u0071uery":${text}}`],
    ['two names of operations', `{"query":${text},"operationName":"A","operationName":"B"}`],
    ['a stored document', { extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } }],
    ['a document and a stored one', document(READ, { extensions: {} })],
    ['a stored document’s id', { id: 'a' }],
    ['no document', {}],
    ['a document that is a list', { query: [READ] }],
    ['variables that are a list', document(READ, { variables: [] })],
    ['variables that are a text', document(READ, { variables: '{}' })],
    ['a name that is a number', document(READ, { operationName: 1 })],
    ['a fragment that is not there', document('mutation { ...f }')],
    ['two fragments of one name', document('mutation { ...f } fragment f on M { a } fragment f on M { b }')],
    ['a part that is no operation', document(`${READ} extend type Mutation { a: Int }`)],
    ['a document that does not end', document('mutation { addComment(input: {}) { x }')],
    ['an empty document', document('')],
    ['nothing', ''],
    ['an empty object’s text', '""'],
    ['a form', 'query=%7Bviewer%7Blogin%7D%7D'],
    ['a bare document', READ],
    ['a byte order mark', `\ufeff${JSON.stringify(document(READ))}`],
    ['UTF-16', Buffer.from(JSON.stringify(document(READ)), 'utf16le')],
    [
      'octets that are not UTF-8',
      Buffer.concat([Buffer.from('{"query":"{a}'), Buffer.from([0xff]), Buffer.from('"}')]),
    ],
    ['compressed octets', gzipSync(JSON.stringify(document(READ)))],
    ['what follows', `${JSON.stringify(document(READ))}{}`],
    ['a control character', `{"query":"{ a }\n"}`],
    ['too many parts', document(`{ ${'a '.repeat(10_000)}}`)],
    ['deep selections', document(`${'{a'.repeat(4_000)}${'}'.repeat(4_000)}`)],
    ['selections deeper than anybody asks for', document(`${'{a'.repeat(101)}${'}'.repeat(101)}`)],
    ['deep lists', document(`{ a(b: ${'['.repeat(4_900)}${']'.repeat(4_900)}) }`)],
    ['deep variables', `{"query":${text},"variables":{"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}}`],
  ])('%s', (_, body) => {
    expect(judge(body, 'write')).toMatch(UNREADABLE);
  });

  test.each([
    ['a form', ['Content-Type', 'application/x-www-form-urlencoded']],
    ['a bare document', ['Content-Type', 'application/graphql']],
    ['parts', ['Content-Type', 'multipart/form-data; boundary=a']],
    ['another charset', ['Content-Type', 'application/json; charset=utf-16']],
    ['a compressed body', ['Content-Type', 'application/json', 'Content-Encoding', 'gzip']],
  ])('headers that announce %s', (_, headers) => {
    expect(() => checkGraphqlHeaders(headers)).toThrow(ProxyError);
  });

  test('headers as gh sends them pass', () => {
    expect(() => checkGraphqlHeaders(['Content-Type', 'application/json; charset=utf-8'])).not.toThrow();
  });

  test('a flood of comments, commas and quotes is judged in time', () => {
    const begin = performance.now();
    for (const part of ['#\n', ',', '"" ']) judge(document(`{ a } ${part.repeat(300_000)}`));
    expect(performance.now() - begin).toBeLessThan(3_000);
  });
});
