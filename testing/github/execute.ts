/** As much of a GraphQL server as the stand-in needs: it follows the selections through plain objects. */

import { Kind, OperationTypeNode, parse, type FieldNode, type SelectionSetNode, type ValueNode } from 'graphql';

export type Arguments = Readonly<Record<string, unknown>>;
/** A field's value, or a function of its arguments. What is not here is null. */
export type Fields = { readonly [name: string]: unknown };

interface Context {
  readonly fragments: ReadonlyMap<string, SelectionSetNode>;
  readonly variables: Arguments;
}

function valueOf(node: ValueNode, variables: Arguments): unknown {
  switch (node.kind) {
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, valueOf(value, variables)]));
    case Kind.LIST:
      return node.values.map((value) => valueOf(value, variables));
    case Kind.NULL:
      return null;
    default:
      return node.value;
  }
}

function fieldValue(node: FieldNode, fields: Fields, context: Context): unknown {
  const given = fields[node.name.value] ?? null;
  const args = Object.fromEntries(
    (node.arguments ?? []).map(({ name, value }) => [name.value, valueOf(value, context.variables)]),
  );
  const value: unknown = typeof given === 'function' ? (given as (args: Arguments) => unknown)(args) : given;
  return node.selectionSet ? select(value, node.selectionSet, context) : value;
}

function select(value: unknown, { selections }: SelectionSetNode, context: Context): unknown {
  if (Array.isArray(value)) return value.map((each) => select(each, { kind: Kind.SELECTION_SET, selections }, context));
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Fields;
  const answer: Record<string, unknown> = {};
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      answer[selection.alias?.value ?? selection.name.value] = fieldValue(selection, fields, context);
      continue;
    }
    const type = selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined;
    if (type !== undefined && fields['__typename'] !== undefined && fields['__typename'] !== type) continue;
    const set =
      selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : context.fragments.get(selection.name.value);
    if (set) Object.assign(answer, select(fields, set, context));
  }
  return answer;
}

export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Arguments | null;
  readonly operationName?: string | null;
}

export interface Root {
  readonly query: Fields;
  readonly mutation: Fields;
}

/** @throws GraphQLError if the document is not valid */
export function execute({ query, variables, operationName }: GraphqlRequest, root: Root): unknown {
  const { definitions } = parse(query);
  const fragments = new Map(
    definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each.selectionSet] as const] : [],
    ),
  );
  const operation = definitions
    .filter((each) => each.kind === Kind.OPERATION_DEFINITION)
    .find(({ name }) => typeof operationName !== 'string' || name?.value === operationName);
  if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION)
    throw new Error('There is no such operation.');
  return select(root[operation.operation], operation.selectionSet, { fragments, variables: variables ?? {} });
}

/** `mutation CommentCreate addComment`: how a recording names a document. */
export function operationOf(query: string): string {
  const operation = parse(query).definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  const fields = (operation?.selectionSet.selections ?? []).map((each) =>
    each.kind === Kind.FIELD ? each.name.value : '...',
  );
  return [operation?.operation, operation?.name?.value, ...fields].filter((part) => part !== undefined).join(' ');
}
