import {
  OperationTypeNode,
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql/language/ast.js';
import { Kind } from 'graphql/language/kinds.js';
import {
  GITHUB_ACCESS_OPTION,
  levelForMutation,
  type GraphqlRule,
  type InputValues,
} from '../../../../src/shared/github-access.ts';
import { isRecord } from '../../../../src/shared/json.ts';
import { NO_RETRY, printable, ProxyError } from '../errors.ts';
import type { RawHeaders } from '../request/raw-headers.ts';
import { parseGraphqlBody, type GraphqlBody } from './graphql-body.ts';
import type { BodyJudge, Judgement } from './judge.ts';
import { isPlainJson } from './plain-json.ts';

type Variables = NonNullable<GraphqlBody['variables']>;
export type GraphqlPackage = typeof import('./graphql-package.ts');

/** Tokens of a document. The largest of `gh` have 1,500. */
const MAX_TOKENS = 10_000;
/** Selections in selections. Each is printed with two more spaces: of 3,000, those alone would be 20 MB. */
const MAX_DEPTH = 100;

/** Loads the parser, once. */
export const loadGraphql = (): Promise<GraphqlPackage> => import(/* webpackIgnore: true */ './graphql-package.ts');

const refuse = (code: 'body_unreadable' | 'graphql_not_allowed', reason: string): ProxyError =>
  new ProxyError(code, reason, { headers: NO_RETRY });

const unreadable = (what: string): ProxyError =>
  refuse(
    'body_unreadable',
    `The api-proxy cannot tell what this GraphQL request does: ${what}. Send one JSON object with "query", and ` +
      '"variables" and "operationName" if they are needed, without compression, with the type application/json.',
  );

/** @throws ProxyError 403 for what a request's headers tell */
export function checkGraphqlHeaders(rawHeaders: RawHeaders): void {
  if (!isPlainJson(rawHeaders)) throw unreadable('it is compressed or not JSON in UTF-8');
}

/** Judges GraphQL requests by one rule. */
export class GraphqlJudge implements BodyJudge {
  readonly needsWhole = true;
  readonly #graphql: GraphqlPackage;
  readonly #rule: GraphqlRule;
  readonly #source: string;

  /** @param source where the rule comes from, for messages: `github-access read` */
  constructor(graphql: GraphqlPackage, rule: GraphqlRule, source: string) {
    this.#graphql = graphql;
    this.#rule = rule;
    this.#source = source;
  }

  begin(): GraphqlJudgement {
    return new GraphqlJudgement(this.#graphql, this.#rule, this.#source);
  }
}

/** Judges the body of one GraphQL request, as a whole. */
class GraphqlJudgement implements Judgement {
  readonly #graphql: GraphqlPackage;
  readonly #rule: GraphqlRule;
  readonly #source: string;

  constructor(graphql: GraphqlPackage, rule: GraphqlRule, source: string) {
    this.#graphql = graphql;
    this.#rule = rule;
    this.#source = source;
  }

  push(): void {
    // It is read as a whole.
  }

  /**
   * @returns the body to forward instead of the client's. It is composed anew, because GitHub has a parser of its own:
   *   one that reads a comment's end or a string in another way would act on another document than the judged one. It is
   *   written as short as it can be, and white space at its end gives it the length of the client's.
   * @throws ProxyError 403
   */
  end(octets: Buffer): Buffer {
    const { print, stripIgnoredCharacters } = this.#graphql;
    const body = parseGraphqlBody(octets);
    if (typeof body === 'string') throw unreadable(body);
    const document = this.#parse(body.query);
    this.#judge(document, body);
    const composed = Buffer.from(JSON.stringify({ ...body, query: stripIgnoredCharacters(print(document)) }));
    // Block strings of many lines can come out longer, because a plain string has to escape them.
    if (composed.length > octets.length) throw unreadable('its strings take more room when they are written plainly');
    return Buffer.concat([composed, Buffer.alloc(octets.length - composed.length, ' ')]);
  }

  #parse(query: string): DocumentNode {
    const { parse, visit } = this.#graphql;
    try {
      const document = parse(query, { maxTokens: MAX_TOKENS, noLocation: true });
      let depth = 0;
      return visit(document, {
        SelectionSet: {
          enter: () => {
            if (++depth > MAX_DEPTH) throw new RangeError('too deep');
          },
          leave: () => {
            depth--;
          },
        },
        // A plain string has one escape syntax, which is JSON's. A block string has one of its own.
        StringValue: (node) => (node.block === true ? { ...node, block: false } : undefined),
      });
    } catch {
      // Also a RangeError: the parser recurses, and the stack is full after some thousand levels.
      throw unreadable('its document is not valid, has too many parts or is nested too deeply');
    }
  }

  /** Every operation of the document, not only the one that `operationName` chooses. */
  #judge({ definitions }: DocumentNode, body: GraphqlBody): void {
    const fragments = new Map<string, FragmentDefinitionNode>();
    for (const definition of definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
      if (fragments.has(definition.name.value)) throw unreadable('two of its fragments have the same name');
      fragments.set(definition.name.value, definition);
    }
    for (const definition of definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) continue;
      if (definition.kind !== Kind.OPERATION_DEFINITION)
        throw unreadable('its document has a part that is no operation');
      if (definition.operation === OperationTypeNode.SUBSCRIPTION)
        throw this.#refuseOperation('GraphQL subscriptions', undefined);
      if (definition.operation !== OperationTypeNode.MUTATION) continue;
      for (const field of topFields(definition.selectionSet, fragments))
        this.#judgeMutation(field, body.variables ?? {});
    }
  }

  #judgeMutation({ name: { value: name }, arguments: given = [] }: FieldNode, variables: Variables): void {
    if (name === '__typename') return;
    const mutation = `the GraphQL mutation "${printable(name)}"`;
    if (!this.#rule.mutations.includes(name)) throw this.#refuseOperation(mutation, name);
    const values = new Map(Object.entries(this.#rule.inputs ?? {})).get(name);
    if (!values || given.every((argument) => passes(argument, values, variables))) return;
    const members = Object.entries(values).map(([member, allowed]) => `another ${member} than ${allowed.join(', ')}`);
    throw this.#refuseOperation(`${mutation} with ${members.join(' or ')}`, name);
  }

  #refuseOperation(what: string, mutation: string | undefined): ProxyError {
    const level = mutation === undefined ? undefined : levelForMutation(mutation);
    const remedy =
      level === undefined
        ? `No value of ${GITHUB_ACCESS_OPTION} allows it.`
        : `If the workflow needs it, its author can allow it with this line: ${GITHUB_ACCESS_OPTION}: ${level}`;
    return refuse('graphql_not_allowed', `The rule "${this.#source}" does not allow ${what}. ${remedy}`);
  }
}

/**
 * The fields at the top of an operation, whatever fragments they stand in. Each fragment is opened once: fields that it
 * repeats are the same fields.
 */
function topFields(top: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): FieldNode[] {
  const fields: FieldNode[] = [];
  const opened = new Set<string>();
  const waiting = [top];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const selection of next.selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) waiting.push(selection.selectionSet);
      else if (!opened.has(selection.name.value)) {
        const fragment = fragments.get(selection.name.value);
        if (!fragment) throw unreadable('it uses a fragment that it does not define');
        opened.add(selection.name.value);
        waiting.push(fragment.selectionSet);
      }
    }
  }
  return fields;
}

/** Whether the members of an input have allowed values. A variable without a value may have a default, which may not. */
function passes({ value }: ArgumentNode, allowed: InputValues, variables: Variables): boolean {
  const valueOf = (node: ValueNode): unknown => {
    if (node.kind === Kind.VARIABLE) return new Map(Object.entries(variables)).get(node.name.value);
    return node.kind === Kind.ENUM ? node.value : undefined;
  };
  const given = valueOf(value);
  let members: (readonly [string, unknown])[];
  if (value.kind === Kind.OBJECT) members = value.fields.map((field) => [field.name.value, valueOf(field.value)]);
  else if (isRecord(given)) members = Object.entries(given);
  else return false;
  const values = new Map(Object.entries(allowed));
  return members.every(([member, text]) => values.get(member)?.some((each) => each === text) ?? true);
}
