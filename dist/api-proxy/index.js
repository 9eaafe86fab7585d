import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 740:
/***/ ((__unused_webpack_module, exports) => {

var __webpack_unused_export__;


__webpack_unused_export__ = ({
  value: true,
});
__webpack_unused_export__ =
  __webpack_unused_export__ =
  exports.cE =
  __webpack_unused_export__ =
    void 0;
__webpack_unused_export__ = isNode;

/** @category AST */

/**
 * Contains a range of UTF-8 character offsets and token references that
 * identify the region of the source from which the AST derived.
 */
class Location {
  /** The character offset at which this Node begins. */

  /** The character offset at which this Node ends. */

  /** The Token at which this Node begins. */

  /** The Token at which this Node ends. */

  /** The Source document the AST represents. */

  /**
   * Creates a Location instance.
   * @param startToken - The start token.
   * @param endToken - The end token.
   * @param source - Source document used to derive error locations.
   * @example
   * ```ts
   * import { Location, Source, Token, TokenKind } from 'graphql/language';
   *
   * const source = new Source('{ hello }');
   * const startToken = new Token(TokenKind.BRACE_L, 0, 1, 1, 1);
   * const endToken = new Token(TokenKind.BRACE_R, 8, 9, 1, 9);
   * const location = new Location(startToken, endToken, source);
   *
   * location.start; // => 0
   * location.end; // => 9
   * location.source.body; // => '{ hello }'
   * ```
   */
  constructor(startToken, endToken, source) {
    this.start = startToken.start;
    this.end = endToken.end;
    this.startToken = startToken;
    this.endToken = endToken;
    this.source = source;
  }
  /**
   * Returns the value used by `Object.prototype.toString`.
   * @returns The built-in string tag for this object.
   */

  get [Symbol.toStringTag]() {
    return 'Location';
  }
  /**
   * Returns a JSON representation of this location.
   * @returns The JSON-serializable representation.
   * @example
   * ```ts
   * import { parse } from 'graphql/language';
   *
   * const document = parse('{ hello }');
   * const location = document.loc?.toJSON(); // => { start: 0, end: 9 }
   * ```
   */

  toJSON() {
    return {
      start: this.start,
      end: this.end,
    };
  }
}
/**
 * Represents a range of characters represented by a lexical token
 * within a Source.
 */

__webpack_unused_export__ = Location;

class Token {
  /** The kind of Token. */

  /** The character offset at which this Node begins. */

  /** The character offset at which this Node ends. */

  /** The 1-indexed line number on which this Token appears. */

  /** The 1-indexed column number at which this Token begins. */

  /**
   * For non-punctuation tokens, represents the interpreted value of the token.
   *
   * Note: is undefined for punctuation tokens, but typed as string for
   * convenience in the parser.
   */

  /**
   * Tokens exist as nodes in a double-linked-list amongst all tokens
   * including ignored tokens. <SOF> is always the first node and <EOF>
   * the last.
   */

  /** Next token in the token stream, including ignored tokens. */

  /**
   * Creates a Token instance.
   * @param kind - Token kind produced by lexical analysis.
   * @param start - Character offset where this token begins.
   * @param end - Character offset where this token ends.
   * @param line - One-indexed line number where this token begins.
   * @param column - One-indexed column number where this token begins.
   * @param value - Interpreted value for non-punctuation tokens.
   * @example
   * ```ts
   * import { Token, TokenKind } from 'graphql/language';
   *
   * const token = new Token(TokenKind.NAME, 2, 7, 1, 3, 'hello');
   *
   * token.kind; // => TokenKind.NAME
   * token.value; // => 'hello'
   * token.toJSON(); // => { kind: 'Name', value: 'hello', line: 1, column: 3 }
   * ```
   */
  constructor(kind, start, end, line, column, value) {
    this.kind = kind;
    this.start = start;
    this.end = end;
    this.line = line;
    this.column = column; // eslint-disable-next-line @typescript-eslint/no-non-null-assertion

    this.value = value;
    this.prev = null;
    this.next = null;
  }
  /**
   * Returns the value used by `Object.prototype.toString`.
   * @returns The built-in string tag for this object.
   */

  get [Symbol.toStringTag]() {
    return 'Token';
  }
  /**
   * Returns a JSON representation of this token.
   * @returns The JSON-serializable representation.
   * @example
   * ```ts
   * import { Lexer, Source } from 'graphql/language';
   *
   * const lexer = new Lexer(new Source('{ hello }'));
   * const token = lexer.advance().toJSON(); // => { kind: '{', value: undefined, line: 1, column: 1 }
   * ```
   */

  toJSON() {
    return {
      kind: this.kind,
      value: this.value,
      line: this.line,
      column: this.column,
    };
  }
}
/** The list of all possible AST node types. */

__webpack_unused_export__ = Token;

/** @internal */
const QueryDocumentKeys = {
  Name: [],
  Document: ['definitions'],
  OperationDefinition: [
    'description',
    'name',
    'variableDefinitions',
    'directives',
    'selectionSet',
  ],
  VariableDefinition: [
    'description',
    'variable',
    'type',
    'defaultValue',
    'directives',
  ],
  Variable: ['name'],
  SelectionSet: ['selections'],
  Field: ['alias', 'name', 'arguments', 'directives', 'selectionSet'],
  Argument: ['name', 'value'],
  FragmentSpread: ['name', 'directives'],
  InlineFragment: ['typeCondition', 'directives', 'selectionSet'],
  FragmentDefinition: [
    'description',
    'name', // Note: fragment variable definitions are deprecated and will removed in v17.0.0
    'variableDefinitions',
    'typeCondition',
    'directives',
    'selectionSet',
  ],
  IntValue: [],
  FloatValue: [],
  StringValue: [],
  BooleanValue: [],
  NullValue: [],
  EnumValue: [],
  ListValue: ['values'],
  ObjectValue: ['fields'],
  ObjectField: ['name', 'value'],
  Directive: ['name', 'arguments'],
  NamedType: ['name'],
  ListType: ['type'],
  NonNullType: ['type'],
  SchemaDefinition: ['description', 'directives', 'operationTypes'],
  OperationTypeDefinition: ['type'],
  ScalarTypeDefinition: ['description', 'name', 'directives'],
  ObjectTypeDefinition: [
    'description',
    'name',
    'interfaces',
    'directives',
    'fields',
  ],
  FieldDefinition: ['description', 'name', 'arguments', 'type', 'directives'],
  InputValueDefinition: [
    'description',
    'name',
    'type',
    'defaultValue',
    'directives',
  ],
  InterfaceTypeDefinition: [
    'description',
    'name',
    'interfaces',
    'directives',
    'fields',
  ],
  UnionTypeDefinition: ['description', 'name', 'directives', 'types'],
  EnumTypeDefinition: ['description', 'name', 'directives', 'values'],
  EnumValueDefinition: ['description', 'name', 'directives'],
  InputObjectTypeDefinition: ['description', 'name', 'directives', 'fields'],
  DirectiveDefinition: [
    'description',
    'name',
    'arguments',
    'directives',
    'locations',
  ],
  SchemaExtension: ['directives', 'operationTypes'],
  DirectiveExtension: ['name', 'directives'],
  ScalarTypeExtension: ['name', 'directives'],
  ObjectTypeExtension: ['name', 'interfaces', 'directives', 'fields'],
  InterfaceTypeExtension: ['name', 'interfaces', 'directives', 'fields'],
  UnionTypeExtension: ['name', 'directives', 'types'],
  EnumTypeExtension: ['name', 'directives', 'values'],
  InputObjectTypeExtension: ['name', 'directives', 'fields'],
  TypeCoordinate: ['name'],
  MemberCoordinate: ['name', 'memberName'],
  ArgumentCoordinate: ['name', 'fieldName', 'argumentName'],
  DirectiveCoordinate: ['name'],
  DirectiveArgumentCoordinate: ['name', 'argumentName'],
};
__webpack_unused_export__ = QueryDocumentKeys;
const kindValues = new Set(Object.keys(QueryDocumentKeys));
/** @internal */

function isNode(maybeNode) {
  const maybeKind =
    maybeNode === null || maybeNode === void 0 ? void 0 : maybeNode.kind;
  return typeof maybeKind === 'string' && kindValues.has(maybeKind);
}
/** An identifier in a GraphQL document. */

/**
 * The operation types supported by GraphQL executable definitions.
 * @category Kinds
 */
var OperationTypeNode;
exports.cE = OperationTypeNode;

(function (OperationTypeNode) {
  OperationTypeNode['QUERY'] = 'query';
  OperationTypeNode['MUTATION'] = 'mutation';
  OperationTypeNode['SUBSCRIPTION'] = 'subscription';
})(OperationTypeNode || (exports.cE = OperationTypeNode = {}));
/** A variable declaration in an operation or legacy fragment definition. */


/***/ }),

/***/ 123:
/***/ ((__unused_webpack_module, exports) => {

var __webpack_unused_export__;


__webpack_unused_export__ = ({
  value: true,
});
exports.b = void 0;

/** @category Kinds */

/** The set of allowed kind values for AST nodes. */
var Kind;
exports.b = Kind;

(function (Kind) {
  Kind['NAME'] = 'Name';
  Kind['DOCUMENT'] = 'Document';
  Kind['OPERATION_DEFINITION'] = 'OperationDefinition';
  Kind['VARIABLE_DEFINITION'] = 'VariableDefinition';
  Kind['SELECTION_SET'] = 'SelectionSet';
  Kind['FIELD'] = 'Field';
  Kind['ARGUMENT'] = 'Argument';
  Kind['FRAGMENT_SPREAD'] = 'FragmentSpread';
  Kind['INLINE_FRAGMENT'] = 'InlineFragment';
  Kind['FRAGMENT_DEFINITION'] = 'FragmentDefinition';
  Kind['VARIABLE'] = 'Variable';
  Kind['INT'] = 'IntValue';
  Kind['FLOAT'] = 'FloatValue';
  Kind['STRING'] = 'StringValue';
  Kind['BOOLEAN'] = 'BooleanValue';
  Kind['NULL'] = 'NullValue';
  Kind['ENUM'] = 'EnumValue';
  Kind['LIST'] = 'ListValue';
  Kind['OBJECT'] = 'ObjectValue';
  Kind['OBJECT_FIELD'] = 'ObjectField';
  Kind['DIRECTIVE'] = 'Directive';
  Kind['NAMED_TYPE'] = 'NamedType';
  Kind['LIST_TYPE'] = 'ListType';
  Kind['NON_NULL_TYPE'] = 'NonNullType';
  Kind['SCHEMA_DEFINITION'] = 'SchemaDefinition';
  Kind['OPERATION_TYPE_DEFINITION'] = 'OperationTypeDefinition';
  Kind['SCALAR_TYPE_DEFINITION'] = 'ScalarTypeDefinition';
  Kind['OBJECT_TYPE_DEFINITION'] = 'ObjectTypeDefinition';
  Kind['FIELD_DEFINITION'] = 'FieldDefinition';
  Kind['INPUT_VALUE_DEFINITION'] = 'InputValueDefinition';
  Kind['INTERFACE_TYPE_DEFINITION'] = 'InterfaceTypeDefinition';
  Kind['UNION_TYPE_DEFINITION'] = 'UnionTypeDefinition';
  Kind['ENUM_TYPE_DEFINITION'] = 'EnumTypeDefinition';
  Kind['ENUM_VALUE_DEFINITION'] = 'EnumValueDefinition';
  Kind['INPUT_OBJECT_TYPE_DEFINITION'] = 'InputObjectTypeDefinition';
  Kind['DIRECTIVE_DEFINITION'] = 'DirectiveDefinition';
  Kind['SCHEMA_EXTENSION'] = 'SchemaExtension';
  Kind['DIRECTIVE_EXTENSION'] = 'DirectiveExtension';
  Kind['SCALAR_TYPE_EXTENSION'] = 'ScalarTypeExtension';
  Kind['OBJECT_TYPE_EXTENSION'] = 'ObjectTypeExtension';
  Kind['INTERFACE_TYPE_EXTENSION'] = 'InterfaceTypeExtension';
  Kind['UNION_TYPE_EXTENSION'] = 'UnionTypeExtension';
  Kind['ENUM_TYPE_EXTENSION'] = 'EnumTypeExtension';
  Kind['INPUT_OBJECT_TYPE_EXTENSION'] = 'InputObjectTypeExtension';
  Kind['TYPE_COORDINATE'] = 'TypeCoordinate';
  Kind['MEMBER_COORDINATE'] = 'MemberCoordinate';
  Kind['ARGUMENT_COORDINATE'] = 'ArgumentCoordinate';
  Kind['DIRECTIVE_COORDINATE'] = 'DirectiveCoordinate';
  Kind['DIRECTIVE_ARGUMENT_COORDINATE'] = 'DirectiveArgumentCoordinate';
})(Kind || (exports.b = Kind = {}));
/**
 * Deprecated legacy alias for the enum type representing the possible kind
 * values of AST nodes. This alias will be removed in v17. In v17, `Kind` is
 * exported as the single public symbol for both the runtime object and the
 * corresponding TypeScript type.
 * @deprecated Will be removed in v17. In v17, use `Kind` as both the runtime
 * value and the type.
 */


/***/ }),

/***/ 598:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");

/***/ }),

/***/ 24:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

/***/ }),

/***/ 760:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

/***/ }),

/***/ 500:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");

/***/ }),

/***/ 975:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util");

/***/ }),

/***/ 688:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   CA: () => (/* binding */ errorCode),
/* harmony export */   PE: () => (/* binding */ NO_RETRY),
/* harmony export */   T6: () => (/* binding */ ProxyError),
/* harmony export */   YD: () => (/* binding */ tooManyRequests),
/* harmony export */   g$: () => (/* binding */ printable),
/* harmony export */   gZ: () => (/* binding */ parserFailure),
/* harmony export */   nU: () => (/* binding */ asProxyError),
/* harmony export */   q5: () => (/* binding */ notConfigured)
/* harmony export */ });
/* harmony import */ var _src_shared_request_record_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(509);

/**
 * For errors that a retry cannot help. The SDKs of OpenAI and Anthropic obey this header before they look at the
 * status.
 */
const NO_RETRY = { 'x-should-retry': 'false' };
/**
 * An error that the sidecar itself answers with, in the provider's shape. Its message never contains a client's bytes.
 */
class ProxyError extends Error {
    status;
    code;
    detail;
    headers;
    constructor(code, message, options = {}) {
        super(message, options);
        this.name = 'ProxyError';
        this.status = options.status ?? _src_shared_request_record_js__WEBPACK_IMPORTED_MODULE_0__/* .ERROR_STATUS */ .E[code];
        this.code = code;
        this.detail = options.detail;
        this.headers = options.headers ?? {};
    }
    /** As the log records it. */
    get logged() {
        return this.detail === undefined ? this.code : `${this.code} (${this.detail})`;
    }
}
/** The code of a system, TLS or HTTP-parser error, for the log. Never the message, which may quote a client's bytes. */
function errorCode(error) {
    if (error instanceof ProxyError)
        return error.logged;
    if (error instanceof Error && 'code' in error && typeof error.code === 'string')
        return error.code;
    return error instanceof Error ? error.name : 'unknown';
}
const asProxyError = (cause) => cause instanceof ProxyError
    ? cause
    : new ProxyError('internal_error', 'The api-proxy failed.', { cause, detail: errorCode(cause) });
/** 503 that names the input and the variable that would enable the provider. */
function notConfigured({ name, credentials }) {
    const inputs = credentials.map(({ input }) => input).join(' or ');
    const variables = credentials.map(({ variable }) => variable).join(' or ');
    const labels = credentials.map(({ label }) => label).join(' or ');
    const message = `${name} is not configured: this run was given no credential for it. ` +
        `To enable it, set the input ${inputs} to ${labels}, or set the variable ${variables} on the command line.`;
    return new ProxyError('provider_not_configured', message, { headers: NO_RETRY });
}
const tooManyRequests = () => new ProxyError('too_many_requests', 'Too many requests are under way at the same time.');
/** Node's messages about what its own parser refused are meant for programmers, so the client gets ours. */
function parserFailure(code) {
    if (code === 'HPE_HEADER_OVERFLOW') {
        return new ProxyError('head_too_large', 'The request line and headers are too large.', { detail: code });
    }
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
        return new ProxyError('request_timeout', 'The request did not arrive in time.', { detail: code });
    }
    return new ProxyError('malformed_request', 'This is not well-formed HTTP/1.1.', { detail: code });
}
/**
 * The part of a client's text that a message may repeat: nothing that a terminal acts on.
 *
 * @param limit characters
 */
const printable = (text, limit = 60) => text.replace(/[^!-~]/g, '?').slice(0, limit);


/***/ }),

/***/ 101:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  d5: () => (/* binding */ elapsedMs),
  mq: () => (/* binding */ loggedPath),
  Mx: () => (/* binding */ newRecord),
  Ne: () => (/* binding */ openLog)
});

// UNUSED EXPORTS: createLog

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/log-level.js
/** The log levels, from the fewest messages to the most. */
const LOG_LEVELS = ['error', 'warn', 'info', 'debug'];
/** True if a message of level `needed` is logged at `level`. */
const shouldLog = (needed, level) => LOG_LEVELS.indexOf(needed) <= LOG_LEVELS.indexOf(level);

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/log-limit.js
/**
 * How large the log of a sidecar may become in a run. Bytes. This is a million records and more: no command needs as many,
 * but a hostile one could fill the disk of the runner and keep the logs from being uploaded in time.
 */
const LOG_LIMIT_BYTES = 256 * 1024 * 1024;

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/usage.js
var usage = __nccwpck_require__(482);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/log.js





/** Milliseconds during which lines are collected. Short, because a killed container loses them. */
const BATCH_MS = 20;
/** Characters that may wait for a reader which has stopped reading. Further lines are dropped, and the proxy goes on. */
const MAX_PENDING = 4 * 1024 * 1024;
/** Refusals cost the agent nothing, so a text whose length it chooses must not fill the disk. */
const MAX_PATH = 512;
const ID_PREFIX = (0,external_node_crypto_.randomBytes)(4).toString('hex');
let lastId = 0;
/** @param startedAt a value of `performance.now()` */
const elapsedMs = (startedAt) => Math.round((performance.now() - startedAt) * 1_000) / 1_000;
/** A request target for the log: cut to a limit, and without its query, which may contain a key. */
function loggedPath(target) {
    const question = target.indexOf('?');
    return target.slice(0, Math.min(question < 0 ? MAX_PATH : question, MAX_PATH));
}
/**
 * @param provider null for a host that is no provider's
 * @param host under whose name the client asks; null for a provider's own port
 */
function newRecord(provider, method, target, host = null) {
    return {
        event: 'request',
        level: 'info',
        time: new Date().toISOString(),
        id: `${ID_PREFIX}-${(++lastId).toString(36)}`,
        provider,
        host,
        method,
        path: loggedPath(target),
        status: 0,
        upstreamStatus: null,
        requestBytes: 0,
        responseBytes: 0,
        durationMs: 0,
        timeToFirstByteMs: null,
        forwarded: false,
        requests: 0,
        model: null,
        usage: null,
        rule: null,
        error: null,
    };
}
const NOTHING = { lines: 0, requests: 0, ...usage/* NO_USAGE */.yJ };
function sumOf(a, b) {
    return { lines: a.lines + b.lines, requests: a.requests + b.requests, ...(0,usage/* sumOfUsage */.K4)(a, b) };
}
const EMPTY = { text: '', totals: NOTHING };
function joined(a, b) {
    return { text: a.text + b.text, totals: sumOf(a.totals, b.totals) };
}
/**
 * Writes in the thread pool. Otherwise a pipe whose reader stalls would stop the event loop, and every stream with it.
 */
class BatchWriter {
    #fd;
    /** Octets that may still be written. */
    #left;
    #pending = EMPTY;
    #dropped = NOTHING;
    #writing;
    constructor(fd, maxBytes) {
        this.#fd = fd;
        this.#left = maxBytes;
    }
    /** Writes a batch, or counts it as dropped: half a record is worth nothing. */
    add(batch) {
        const length = Buffer.byteLength(batch.text);
        if (length > this.#left || this.#pending.text.length >= MAX_PENDING) {
            this.#dropped = sumOf(this.#dropped, batch.totals);
            return;
        }
        this.#left -= length;
        this.#pending = joined(this.#pending, batch);
        this.#writing ??= this.#drain();
    }
    /** Writes what is left, and then what was dropped. */
    async close() {
        await this.#writing;
        if (this.#dropped.lines === 0)
            return;
        const record = { event: 'dropped', level: 'warn', time: new Date().toISOString(), ...this.#dropped };
        await this.#writeAll(Buffer.from(`${JSON.stringify(record)}\n`));
    }
    async #drain() {
        while (this.#pending.text !== '') {
            const { text, totals } = this.#pending;
            this.#pending = EMPTY;
            if (!(await this.#writeAll(Buffer.from(text))))
                this.#dropped = sumOf(this.#dropped, totals);
        }
        this.#writing = undefined;
    }
    /** @returns false if the disk is full or the pipe is closed: requests matter more than their records */
    #writeAll(chunk) {
        return new Promise((resolve) => {
            const next = (offset) => {
                (0,external_node_fs_.write)(this.#fd, chunk, offset, chunk.length - offset, null, (error, written) => {
                    if (error?.code === 'EAGAIN')
                        setTimeout(next, BATCH_MS, offset);
                    else if (error || offset + written >= chunk.length)
                        resolve(error === null);
                    else
                        next(offset + written);
                });
            };
            next(0);
        });
    }
}
const line = (level, event, fields) => ({
    ...{ event, level, time: new Date().toISOString() },
    ...fields,
});
/**
 * @param fds descriptors that every line is written to
 * @param maxBytes how much each of them gets; what does not fit is counted in a last line
 */
function createLog(fds, level, maxBytes = LOG_LIMIT_BYTES) {
    const writers = fds.map((fd) => new BatchWriter(fd, maxBytes));
    let batch = EMPTY;
    let timer;
    const flush = () => {
        timer = undefined;
        for (const writer of writers)
            writer.add(batch);
        batch = EMPTY;
    };
    const add = (fields, requests, usage) => {
        batch = joined(batch, { text: `${JSON.stringify(fields)}\n`, totals: { lines: 1, requests, ...usage } });
        timer ??= setTimeout(flush, BATCH_MS);
    };
    return {
        request: (record) => {
            add(record, record.requests, record.usage ?? usage/* NO_USAGE */.yJ);
        },
        notice: ({ event, ...fields }) => {
            add(line('warn', event, fields), 0, usage/* NO_USAGE */.yJ);
        },
        event: (needed, event, fields) => {
            if (shouldLog(needed, level))
                add(line(needed, event, fields), 0, usage/* NO_USAGE */.yJ);
        },
        isDebug: shouldLog('debug', level),
        close: async () => {
            clearTimeout(timer);
            if (batch.text !== '')
                flush();
            await Promise.all(writers.map((writer) => writer.close()));
        },
    };
}
/**
 * Logs to standard output and to a file. If the file cannot be written, standard output still gets every line.
 *
 * @param path the log file; its folder must exist
 */
function openLog(path, level) {
    try {
        const file = (0,external_node_fs_.openSync)(path, 'a', 0o644);
        // A directory that the user chose also holds what earlier runs have logged.
        return createLog([process.stdout.fd, file], level, LOG_LIMIT_BYTES - (0,external_node_fs_.fstatSync)(file).size);
    }
    catch (error) {
        (0,external_node_fs_.writeSync)(process.stderr.fd, `Cannot write ${path}, logging to standard output only: ${String(error)}\n`);
        return createLog([process.stdout.fd], level);
    }
}


/***/ }),

/***/ 610:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(760);
/* harmony import */ var _src_shared_contract_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(270);
/* harmony import */ var _log_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(101);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(602);
/* harmony import */ var _start_standard_input_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(30);
/* harmony import */ var _start_v8_flags_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(130);






(0,_start_v8_flags_js__WEBPACK_IMPORTED_MODULE_5__/* .setV8Flags */ .E)();
try {
    await (0,_run_js__WEBPACK_IMPORTED_MODULE_3__/* .runSidecar */ .l)({
        input: (0,_start_standard_input_js__WEBPACK_IMPORTED_MODULE_4__/* .standardInput */ .i)(),
        env: process.env,
        openLog: (level) => (0,_log_js__WEBPACK_IMPORTED_MODULE_2__/* .openLog */ .Ne)((0,node_path__WEBPACK_IMPORTED_MODULE_0__.join)(_src_shared_contract_js__WEBPACK_IMPORTED_MODULE_1__/* .API_PROXY_LOG_DIR */ .rJ, _src_shared_contract_js__WEBPACK_IMPORTED_MODULE_1__/* .API_PROXY_LOG_FILE */ .Go), level),
    });
}
catch (error) {
    process.stderr.write(`The api-proxy cannot start: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exit(1);
}

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 602:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  l: () => (/* binding */ runSidecar)
});

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/contract.js
var contract = __nccwpck_require__(270);
// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __nccwpck_require__(975);
;// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/cidr.js
/** Ranges of addresses, of both families. */

const BITS = { 4: 32, 6: 128 };
/** Reads `address/prefix`, or an address alone. @returns undefined for anything else, and for a base that is not the first address */
function parseCidr(text) {
    const [address = '', length, ...rest] = text.split('/');
    if ((0,external_node_net_namespaceObject.isIP)(address) === 0 || address.includes('%') || rest.length > 0)
        return undefined;
    const family = (0,external_node_net_namespaceObject.isIPv4)(address) ? 4 : 6;
    if (length !== undefined && !/^\d{1,3}$/.test(length))
        return undefined;
    const prefix = length === undefined ? BITS[family] : Number(length);
    if (prefix > BITS[family])
        return undefined;
    const base = family === 4 ? ipv4Number(address) : ipv6Number(address);
    return base % cidr_sizeOf({ family, prefix }) === 0n ? { family, base, prefix } : undefined;
}
/** @throws Error for text that is not a range: a bug in AWF */
function cidr_cidr(text) {
    const parsed = parseCidr(text);
    if (parsed === undefined)
        throw new Error(`not a range of addresses: ${text}`);
    return parsed;
}
/** Whether every address of `inner` is in `outer`. */
function contains(outer, inner) {
    return (outer.family === inner.family &&
        outer.prefix <= inner.prefix &&
        inner.base - (inner.base % cidr_sizeOf(outer)) === outer.base);
}
/** Whether the ranges have an address in common: then one contains the other. */
function overlaps(one, other) {
    return contains(one, other) || contains(other, one);
}
/** What is left of `ranges` without `removed`, as ranges that do not overlap. */
function without(ranges, removed) {
    return removed.reduce((left, hole) => left.flatMap((range) => cut(range, hole)), ranges).slice();
}
function cut(range, hole) {
    if (contains(hole, range))
        return [];
    if (!contains(range, hole))
        return [range];
    return halves(range).flatMap((half) => cut(half, hole));
}
function halves({ family, base, prefix }) {
    const half = { family, prefix: prefix + 1 };
    return [
        { ...half, base },
        { ...half, base: base + cidr_sizeOf(half) },
    ];
}
/** The number of addresses. */
function cidr_sizeOf({ family, prefix }) {
    return 1n << BigInt(BITS[family] - prefix);
}
function cidr_cidrText({ family, base, prefix }) {
    const [groups, bits, radix, separator] = family === 4 ? [4, 8, 10, '.'] : [8, 16, 16, ':'];
    const group = (index) => ((base >> BigInt(bits * (groups - 1 - index))) & ((1n << BigInt(bits)) - 1n)).toString(radix);
    return `${Array.from({ length: groups }, (_, index) => group(index)).join(separator)}/${prefix}`;
}
function ipv4Number(address) {
    return BigInt(Buffer.from(address.split('.').map(Number)).readUInt32BE());
}
function ipv6Number(address) {
    // The parser of URLs turns an embedded IPv4 address into two groups.
    const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
    const groups = (text) => (text === '' ? [] : text.split(':'));
    const [front, back] = [groups(head), groups(tail ?? '')];
    const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
    return [...front, ...zeros, ...back].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/network.js

/**
 * The addresses, ports and names of a run. Everything that needs one of them derives it from here: the topology, Squid's
 * rules, the agent's environment and the sidecar's listeners.
 */
/** Port on which Squid accepts the agent's and the sidecar's requests. */
const SQUID_PORT = 3128;
/**
 * Where the api-proxy answers for named hosts. Squid hands the agent's tunnels to `connect`. `direct` is for programs that
 * ask no proxy: the names lead to the api-proxy, and the port is that of HTTPS.
 */
const HOST_PORTS = { connect: 10443, direct: 443 };
/**
 * Where the api-proxy serves programs that ask no proxy. Its resolver leads them there, and at the port of SSH it says why
 * they get no further.
 */
const TRANSPARENT_PORTS = { dns: 53, http: 80, ssh: 22, tls: HOST_PORTS.direct };
/**
 * The port at which Squid accepts what the api-proxy carries for these programs. Squid tells by the port that a request is
 * the agent's.
 */
const FORWARD_PORT = SQUID_PORT + 2;
/** What the api-proxy carries for these programs at a time. It must not take what its own requests need of Squid. */
const FORWARDED_CONNECTIONS = { tls: 256, http: 128 };
/** The subnet of a run, unless it is taken. */
const DEFAULT_SUBNET = '172.30.0.0/24';
const ROLES = (/* unused pure expression or super */ null && (['squid', 'api-proxy', 'agent']));
const LAST_OCTET = { gateway: 1, squid: 10, agent: 20, 'api-proxy': 30 };
/** The longest prefix with room for {@link LAST_OCTET}. */
const SMALLEST_SUBNET = 27;
/**
 * The addresses of a run in `subnet`.
 *
 * @param subnet an IPv4 network from /24 to /27 in CIDR notation, for example `172.30.0.0/24`
 * @throws Error for anything else
 */
function addressesIn(subnet) {
    const range = parseCidr(subnet);
    if (range?.family !== 4 || range.prefix < 24 || range.prefix > SMALLEST_SUBNET) {
        throw new Error(`not an IPv4 network from /24 to /${SMALLEST_SUBNET}: ${subnet}`);
    }
    const at = (offset) => cidr_cidrText({ family: 4, base: range.base + BigInt(offset), prefix: 32 }).replace('/32', '');
    return {
        gateway: at(LAST_OCTET.gateway),
        squid: at(LAST_OCTET.squid),
        agent: at(LAST_OCTET.agent),
        'api-proxy': at(LAST_OCTET['api-proxy']),
    };
}
/** Squid's address as the proxy variables carry it. */
function squidUrl(addresses) {
    return `http://${addresses.squid}:${String(SQUID_PORT)}`;
}
/** Squid's address for what the api-proxy carries for programs that ask no proxy. */
function forwardUrl(addresses) {
    return `http://${addresses.squid}:${String(FORWARD_PORT)}`;
}
/**
 * Where the agent reaches a provider.
 *
 * @param port the provider's
 * @returns a URL without a path
 */
function apiProxyUrl(addresses, port) {
    return `http://${addresses['api-proxy']}:${String(port)}`;
}
/** The subnets that a run may take for its internal network, in the order in which it tries them. */
function* internalSubnets() {
    yield DEFAULT_SUBNET;
    yield* shuffled(254).map((third) => `172.30.${String(third + 1)}.0/24`);
    yield* shuffled(255).map((third) => `10.213.${String(third)}.0/24`);
    yield* shuffled(128).map((third) => `192.168.${String(third)}.0/24`);
}
/**
 * The subnets that a run may take for Squid's outer network. Chosen here and not by the engine, whose own pools are so
 * large that they are used up after some thirty networks.
 */
function* outerSubnets() {
    yield* shuffled(255).map((third) => `10.214.${String(third)}.0/24`);
    yield* shuffled(255).map((third) => `172.29.${String(third)}.0/24`);
    yield* shuffled(127).map((third) => `192.168.${String(third + 128)}.0/24`);
}
/** How many subnets of a wide range are tried. */
const SAMPLE = 4_096;
/** The subnets that a run may take for either network from a range of the user's. */
function* subnetsOf(pool) {
    const { family, base, prefix } = cidr(pool);
    const size = sizeOf({ family, prefix: SMALLEST_SUBNET });
    const count = Number(sizeOf({ family, prefix }) / size);
    const indexes = count <= SAMPLE ? shuffled(count) : shuffled(SAMPLE).map((i) => Math.floor(((i + Math.random()) * count) / SAMPLE));
    yield* indexes.map((index) => cidrText({ family, base: base + BigInt(index) * size, prefix: SMALLEST_SUBNET }));
}
/** 0 to `count` - 1 in random order, so that runs which start together rarely ask for the same. */
function shuffled(count) {
    return Array.from({ length: count }, (_, index) => ({ index, rank: Math.random() }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ index }) => index);
}
/** The name that the agent's container has inside. Test servers print it, and browsers are told to open it. */
const AGENT_HOSTNAME = 'awf-agent';
/**
 * Hosts that the command reaches without Squid: itself, under the names that servers print, and the api-proxy.
 *
 * @param services names of services, which are at loopback
 */
function directHosts(addresses, services = []) {
    return ['localhost', '127.0.0.1', addresses['api-proxy'], addresses.agent, AGENT_HOSTNAME, '0.0.0.0', ...services];
}
/**
 * The well-known names for the run that holds the default subnet, unless somebody has one of them; with the run's id behind
 * them for every other.
 *
 * @param taken names that the engine's containers have
 */
function namesFor(runId, subnet, taken = []) {
    const wellKnown = namesWith('');
    const isFree = ![...Object.values(wellKnown.container), wellKnown.library].some((name) => taken.includes(name));
    return subnet === DEFAULT_SUBNET && isFree ? wellKnown : namesWith(`-${runId}`);
}
function namesWith(tail) {
    return {
        container: { squid: `awf-squid${tail}`, 'api-proxy': `awf-api-proxy${tail}`, agent: `awf-agent${tail}` },
        library: `awf-library${tail}`,
    };
}
/** @returns the role of a container that {@link namesFor} named, undefined for every other */
function roleOf(container) {
    return ROLES.find((role) => container === `awf-${role}` || container.startsWith(`awf-${role}-`));
}
/** Networks are known by the run's id: they are claimed before it is certain which subnet the run gets. */
function networkNames(runId) {
    return { internal: `awf-internal-${runId}`, outer: `awf-outer-${runId}` };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/name-patterns.js
/**
 * Prepares a list of names for comparison. A pattern may have one `*`, which stands for any characters or none.
 *
 * @returns whether a name is on the list; capitals matter
 */
function nameMatcher(patterns) {
    const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
    const open = patterns.flatMap((pattern) => {
        const star = pattern.indexOf('*');
        return star < 0 ? [] : [{ start: pattern.slice(0, star), end: pattern.slice(star + 1) }];
    });
    return (name) => exact.has(name) ||
        open.some(({ start, end }) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/price-table.js
/** Amazon's names for models begin with a region and the maker: `eu.anthropic.claude-haiku-4-5-20251001-v1:0`. */
const AMAZON_LIST = 'aws';
/**
 * Loads the table: some 100 milliseconds and 20 megabytes, so nobody loads it who does not need it.
 *
 * The package has the prices and the rules for names, cached tokens and long prompts, in its own files. It contacts
 * nobody.
 */
async function loadPriceTable() {
    // Not for the bundler: the file stays beside the bundle, and is read here and not before.
    const { calcPrice: calculate, findProvider } = await import(/* webpackIgnore: true */ "./price-package.js");
    return {
        find: (billed, model) => {
            const maker = model.includes('/') ? model.slice(0, model.indexOf('/')) : undefined;
            const bare = model.slice(model.lastIndexOf('/') + 1);
            const lists = [
                'list' in billed
                    ? findProvider({ providerId: billed.list })
                    : findProvider({ providerApiUrl: `https://${billed.host}` }),
                maker === undefined ? undefined : findProvider({ providerId: maker }),
                findProvider({ modelId: bare }),
                findProvider({ providerId: AMAZON_LIST }),
            ].filter((list) => list !== undefined);
            for (const list of lists) {
                for (const name of new Set([model, bare])) {
                    const price = priceIn(calculate, list, name);
                    if (price)
                        return price;
                }
            }
            return undefined;
        },
    };
}
function priceIn(calculate, list, name) {
    const model = calculate({}, name, { providerId: list.id })?.model;
    // An entry without a price for input is one whose price is unknown, not one that is free.
    if (model === undefined || !hasPrice(model))
        return undefined;
    // The search through the list is over: from now on there is one model in it.
    const provider = { ...list, models: [{ ...model, match: { equals: name } }] };
    return (usage, timestamp) => {
        try {
            const found = calculate(unitsOf(usage), name, { provider, timestamp });
            return found?.model_price['input_mtok'] === undefined ? undefined : found.total_price;
        }
        catch {
            // A price that the package cannot calculate is not known.
            return undefined;
        }
    };
}
const hasPrice = ({ prices }) => (Array.isArray(prices) ? prices.map((row) => row.prices) : [prices]).some((row) => row['input_mtok'] !== undefined);
/** In the package's names. Parts never exceed the whole, whatever a gateway reports: the package would refuse that. */
function unitsOf(usage) {
    const { inputTokens, outputTokens, cachedInputTokens, hourCacheWriteTokens } = usage;
    const cacheWriteTokens = Math.max(usage.cacheWriteTokens, hourCacheWriteTokens);
    return {
        input_tokens: Math.max(inputTokens, cachedInputTokens + cacheWriteTokens),
        cache_read_tokens: cachedInputTokens,
        cache_write_tokens: cacheWriteTokens,
        cache_write_1h_tokens: hourCacheWriteTokens,
        output_tokens: outputTokens,
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/endpoints.js
/** How the table of providers writes down the endpoints that pass the api-proxy. */

/** `WEBSOCKET` is a GET that asks for one: that a path may be read does not mean that a channel may be opened there. */
const ENDPOINT_METHODS = (/* unused pure expression or super */ null && (['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'WEBSOCKET']));
/** The endpoints below each of the prefixes. */
function under(prefixes, endpoints) {
    return prefixes.flatMap((prefix) => endpoints.map((endpoint) => ({ ...endpoint, path: `${prefix}${endpoint.path}` })));
}
/**
 * The endpoints below `sent`, for programs that write `written` instead.
 *
 * @param where `own-hosts`: at a host that is not the provider's, the path stays as it is written
 */
function spelled(written, sent, where, endpoints) {
    const spelling = { written, sent, ownHostsOnly: where === 'own-hosts' };
    return under([written], endpoints).map((endpoint) => ({ ...endpoint, spelling }));
}
const get = (path, ...query) => ({ method: 'GET', path, query });
const post = (path, ...query) => ({ method: 'POST', path, query });
const freePost = (path, ...query) => ({ ...post(path, ...query), free: true });
const websocket = (path, ...query) => ({ method: 'WEBSOCKET', path, query });
const SEGMENT = "[\\w.~!$&'()*+,=:@-]+";
const PATTERN = new RegExp(`^(?:/${SEGMENT})+$`);
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
/**
 * Checks an endpoint that a user adds.
 *
 * @throws ValueError naming `name` and which part is wrong; it quotes nothing
 */
function checkEndpoint(name, method, path) {
    const known = ENDPOINT_METHODS.find((candidate) => candidate === method);
    if (known === undefined)
        throw new ValueError(`${name}: the method must be one of ${ENDPOINT_METHODS.join(', ')}.`);
    if (typeof path !== 'string' || path.length > 1_000 || !PATTERN.test(path) || DOT_SEGMENT.test(path)) {
        throw new ValueError(`${name}: the path must start with a slash and have no empty or dot segment, escape, query or end slash.`);
    }
    return { method: known, path };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/provider-tools.js
/**
 * What a request may switch on at a provider so that the provider itself fetches, connects or runs something for the
 * command, out of reach of the allow-list. The rules of each provider are in its entry of the provider table.
 */
/** The names for the option `allow-provider-tools`. */
const PROVIDER_TOOLS = ['web-search', 'web-fetch', 'mcp', 'code-execution', 'remote-files'];
const ANY = /^/;
const NOTHING = /(?!)/;
const REMOTE = [[ANY, 'remote-files']];
/** Only `data:` URLs need no connection. */
const DATA_URL = /^(?:data:|$)/i;
/**
 * A file that is written out, or the id of one. Neither has a character that a host or a scheme needs. Readers of addresses
 * drop white space, so it may only come where no scheme can be any more: only the beginning of a long text is judged.
 */
const INLINE = /^(?:data:|[\w+/=-]*\s{0,2}$|[\w+/=-]{48}[\w+/=\s-]*$)/i;
/** Whatever the key's value is, it switches the tool on. */
const present = (key, tool) => ({ key, hosted: [[ANY, tool]] });
/** The tool that a text stands for is refused. Any other text passes. */
const named = (key, hosted) => ({ key, hosted, others: 'pass' });
/** The names of Google's tools. Some gateways take them in other formats, too. */
const GOOGLE_TOOLS = [
    [/^(?:(?:google|enterpriseweb|exaai|parallelai)search(?:retrieval)?|googlemaps)$/, 'web-search'],
    [/^urlcontext$/, 'web-fetch'],
    [/^codeexecution$/, 'code-execution'],
    [/^mcpservers?$/, 'mcp'],
    [/^(?:filesearch|retrieval)$/, 'remote-files'],
];
/** Keys whose value is a file in some format: OpenAI's, and what gateways take beside it. */
const FILES = ['filedata', 'fileid', 'image', 'images', 'audio', 'video', 'videos', 'document'];
/**
 * `image_url`, `file_uri`, `callback_url`, `api_base`, `langfuse_host`, ...: the provider may load or call any of them. A
 * gateway may send its own key there, too (CVE-2024-6587 of LiteLLM).
 */
const ADDRESS = '*url';
/**
 * `api_key`, `langfuse_secret`, `extra_headers`, `vertex_credentials`, ...: whose account a gateway uses, so that what it is
 * sent ends in one of the command's choice.
 */
const ACCOUNT = '*account';
/** Addresses to which LiteLLM sends its logs. */
const LOG_HOST = '*loghost';
/**
 * LiteLLM also takes the host and the account for its logs from here: from an object, or from a text with its JSON. Everything
 * else in there is the client's.
 */
const LABELS = 'metadata';
/**
 * Models that search without being asked to: OpenAI's, Perplexity's, Groq's, and OpenRouter's variant of any model. A variant
 * may follow each of these names (`:nitro`). No model has a name that is so long that its end could escape.
 */
const SEARCHES = /(?:-search|:online|(?<![a-z])(?:deep-research|sonar)|(?:^|\/)compound)(?![a-z])|^.{200}/is;
/** Where the name of a model is. {@link MODEL_IN_PATH} and {@link MODEL_IN_QUERY} have other places. */
const MODEL_KEY = 'model';
/** A model that is named in the path: that of Azure's deployments, and of Google's API. Gateways take any name there. */
const MODEL_IN_PATH = /(?<=\/deployments\/)[^/]+|(?<=\/models\/)[^/:]+/;
/** Parameters that name a model, or Azure's deployment of one. */
const MODEL_IN_QUERY = new Set([MODEL_KEY, 'deployment']);
/**
 * What gateways add to the format of another provider: OpenRouter, LiteLLM, xAI, Qwen, Mistral and Baidu among them. The
 * makers of the formats have most of it themselves.
 */
const ADDED = {
    places: [
        present('plugins', 'web-search'),
        present('*search', 'web-search'),
        present('urlcontext', 'web-fetch'),
        present('mcpservers', 'mcp'),
        { inside: 'tools', hosted: GOOGLE_TOOLS, others: 'pass' },
        // A tool that is only named, and a server without the type that says what it is.
        { key: 'tools', passes: NOTHING, hosted: [] },
        { inside: 'tools', key: 'serverurl', hosted: [[ANY, 'mcp']] },
        ...[MODEL_KEY, 'models', 'fallbacks'].map((key) => named(key, [[SEARCHES, 'web-search']])),
        ...[ADDRESS, LOG_HOST].map((key) => ({ key, passes: DATA_URL, hosted: REMOTE })),
        ...[ADDRESS, ...FILES, 'source'].flatMap((inside) => ['url', 'uri'].map((key) => ({ inside, key, passes: DATA_URL, hosted: REMOTE }))),
        ...FILES.map((key) => ({ key, passes: INLINE, hosted: REMOTE })),
        { inside: 'inputaudio', key: 'data', passes: INLINE, hosted: REMOTE },
        present(ACCOUNT, 'remote-files'),
        { ...present(ACCOUNT, 'remote-files'), inside: LABELS },
        { inside: LABELS, key: LOG_HOST, passes: DATA_URL, hosted: REMOTE },
        ...[LABELS, 'litellmmetadata'].map((key) => ({ key, passes: /^[^{]*$/, hosted: REMOTE })),
    ],
    families: [
        [
            /(?:api|access|ingestion|public|secret|space)keys?(?:id)?$|secret$|credentials?$|bucketname$|^(?:default|extra)headers$/,
            ACCOUNT,
        ],
        [/.host$|.(?:api|base|webhook)url$|ingestionendpoint$|^ddsite$/, LOG_HOST],
        // That of an MCP server is part of a tool.
        [/^(?!server).+ur[il]s?$|(?:apibase|endpoint|webhook|.host)s?$/, ADDRESS],
        // So is a search in files, and a search of tools is no search in the web.
        [/^(?!file|hybrid|tool|vector|vertex).*search/, '*search'],
    ],
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/provider-entry.js
/**
 * What the table of providers says about each one. Which variables and files the agent programs read was measured, see
 * docs/agents.md.
 */
/** Stands in the agent's environment where a program expects a credential and checks nothing of its form. */
const PLACEHOLDER_TOKEN = 'placeholder-token-for-credential-isolation';
/** True for an error that says that nothing more may be spent. */
const endsSpending = ({ code }) => code === 'budget_exhausted' || code === 'price_unknown';
/** A value as the content of a settings file. */
const jsonFile = (value) => `${JSON.stringify(value, null, 2)}\n`;

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/json.js
/** True for an array too. */
const json_isObject = (value) => typeof value === 'object' && value !== null;
/** True for an object that is no array. */
const isRecord = (value) => json_isObject(value) && !Array.isArray(value);

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/usage.js
var shared_usage = __nccwpck_require__(482);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/anthropic.js






/** The SDK's `beta` resources and Claude Code add `?beta=true` everywhere. */
const ANTHROPIC_MESSAGES = [
    post('/messages', 'beta'),
    freePost('/messages/count_tokens', 'beta'),
];
const ALL = [
    ...ANTHROPIC_MESSAGES,
    get('/models', 'beta', 'limit', 'before_id', 'after_id'),
    get('/models/*', 'beta'),
];
/** Anthropic's SDK appends `/v1/messages` to a base URL; that of opencode appends `/messages`. */
const ENDPOINTS = [...under(['/v1'], ALL), ...spelled('', '/v1', 'every-host', ALL)];
/**
 * https://docs.anthropic.com/en/api/messages: `input_tokens` is what no cache was read or written for. What was written is
 * kept for five minutes or an hour: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
 */
function readAnthropic(counts) {
    const cachedInputTokens = (0,shared_usage/* tokens */.LU)(counts['cache_read_input_tokens']);
    const kept = json_isObject(counts['cache_creation']) ? counts['cache_creation'] : {};
    const hourCacheWriteTokens = (0,shared_usage/* tokens */.LU)(kept['ephemeral_1h_input_tokens']);
    const cacheWriteTokens = Math.max((0,shared_usage/* tokens */.LU)(counts['cache_creation_input_tokens']), hourCacheWriteTokens + (0,shared_usage/* tokens */.LU)(kept['ephemeral_5m_input_tokens']));
    return {
        inputTokens: (0,shared_usage/* tokens */.LU)(counts['input_tokens']) + cacheWriteTokens + cachedInputTokens,
        outputTokens: (0,shared_usage/* tokens */.LU)(counts['output_tokens']),
        cachedInputTokens,
        cacheWriteTokens,
        hourCacheWriteTokens,
    };
}
/** The client runs them. It has the browser, the computer and the memory of those tools. */
const CLIENT_TOOLS = /^(?:custom|tool_search_tool_[a-z0-9]+(?:_\d{8})?|(?:bash|text_editor|computer|computer_toolset|browser_toolset|memory|advisor)_\d{8})$/;
/** The provider runs them. */
const HOSTED = [
    [/^web_search(?:_\d{8})?$/, 'web-search'],
    [/^web_fetch(?:_\d{8})?$/, 'web-fetch'],
    [/^code_execution(?:_\d{8})?$/, 'code-execution'],
    [/^mcp_toolset(?:_\d{8})?$/, 'mcp'],
];
/** https://docs.anthropic.com/en/api/messages; a tool without a type is the client's own. */
const ANTHROPIC_BODY = {
    places: [
        // A message may define a tool, too: `tool_addition`, with the beta `inline-tools-2026-09-15`.
        ...['tools', 'definition'].map((inside) => ({ inside, key: 'type', passes: CLIENT_TOOLS, hosted: HOSTED })),
        // Wherever a tool is defined.
        named('type', HOSTED),
        {
            inside: 'source',
            key: 'type',
            passes: /^(?:base64|text|content|file)$/,
            hosted: [[/^url$/, 'remote-files']],
        },
        { inside: 'source', key: 'url', hosted: [[/^/, 'remote-files']] },
        ...ADDED.places,
    ],
    families: ADDED.families,
    own: ['inputschema', 'outputschema', 'inputexamples', 'input', 'schema', 'metadata', 'trigger'],
};
/** https://docs.anthropic.com/en/api/beta-headers */
const BETAS = {
    name: 'anthropic-beta',
    hosted: [
        [/^mcp-/, 'mcp'],
        [/^web-search-/, 'web-search'],
        [/^web-fetch-/, 'web-fetch'],
        [/^(?:code-execution|skills)-/, 'code-execution'],
    ],
};
/** https://docs.anthropic.com/en/api/errors */
const ERROR_TYPES = {
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    500: 'api_error',
};
/** What `claude setup-token` prints, for Claude Code with a subscription. */
const OAUTH_VARIABLE = 'CLAUDE_CODE_OAUTH_TOKEN';
const errorBody = (error) => ({
    type: 'error',
    error: {
        type: ERROR_TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error'),
        message: error.message,
    },
});
const anthropic = {
    id: 'anthropic',
    name: 'Anthropic',
    program: 'Claude Code',
    command: 'claude',
    port: 10001,
    defaultTarget: 'api.anthropic.com',
    otherHosts: [],
    companions: [],
    targetInput: 'anthropic-api-target',
    targetVariable: 'ANTHROPIC_API_TARGET',
    authHeaderInput: 'anthropic-auth-header',
    authHeaderVariable: 'AWF_ANTHROPIC_AUTH_HEADER',
    credentials: [
        {
            variable: 'ANTHROPIC_API_KEY',
            input: 'anthropic-api-key',
            label: 'an Anthropic key',
            form: { value: /^sk-/, example: 'sk-ant-…' },
        },
        {
            variable: OAUTH_VARIABLE,
            input: 'anthropic-oauth-token',
            label: 'a Claude subscription token',
            form: { value: /^sk-ant-oat/, example: 'sk-ant-oat…' },
            isSubstitute: true,
        },
    ],
    withheld: {
        aliases: ['CLAUDE_API_KEY'],
        wellKnown: [],
        // @anthropic-ai/sdk 1.12.0 and Claude Code 2.1.330
        patterns: [
            ...['ANTHROPIC_*KEY', 'ANTHROPIC_*TOKEN', 'ANTHROPIC_*SECRET'],
            ...['CLAUDE_*KEY', 'CLAUDE_*TOKEN', 'CLAUDE_*CREDENTIAL'],
        ],
    },
    injection: {
        header: 'x-api-key',
        prefix: '',
        defaults: { 'anthropic-version': '2023-06-01' },
        others: [
            {
                header: 'authorization',
                prefix: 'Bearer ',
                variable: OAUTH_VARIABLE,
                credential: /^sk-ant-oat/,
                entries: { 'anthropic-beta': 'oauth-2025-04-20' },
            },
        ],
    },
    endpoints: ENDPOINTS,
    bodyRules: () => ANTHROPIC_BODY,
    toolHeaders: [BETAS],
    credentialQuery: [],
    requestHeaders: ['anthropic-*', 'x-app', 'x-claude-*'],
    subprotocols: [],
    agentVariables: [
        { name: 'ANTHROPIC_BASE_URL', when: 'configured', role: 'base-url', value: '' },
        { name: 'ANTHROPIC_AUTH_TOKEN', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
        { name: 'CLAUDE_CODE_API_KEY_HELPER', when: 'configured', role: 'setting', value: contract/* CLAUDE_KEY_HELPER */.SI },
        {
            name: 'CLAUDE_CODE_API_KEY_HELPER_TTL_MS',
            when: 'configured',
            role: 'setting',
            value: '3600000',
            overridable: true,
        },
        // Without it, Claude Code 2.1.330 refuses --dangerously-skip-permissions to root.
        { name: 'IS_SANDBOX', when: 'always', role: 'setting', value: '1', overridable: true },
    ],
    managedSettings: [
        {
            path: '/etc/claude-code/managed-settings.json',
            when: 'configured',
            // Its WebSearch is a request of its own, with a search that the provider runs.
            content: (_, allowed) => jsonFile({
                apiKeyHelper: contract/* CLAUDE_KEY_HELPER */.SI,
                ...(!allowed.includes('web-search') && { permissions: { deny: ['WebSearch'] } }),
            }),
        },
    ],
    hopeless: [],
    transcripts: ['.claude/projects'],
    // https://docs.claude.com/en/api/models-list and /en/api/errors
    modelList: { path: '/v1/models?limit=1', wrongKey: { status: 401, body: /"authentication_error"/ } },
    sideTraffic: ['api.anthropic.com', 'statsig.anthropic.com', 'sentry.io'],
    priceList: 'anthropic',
    usage: { usageKey: 'usage', modelKey: 'model', read: readAnthropic },
    finalStatus: 402,
    errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/value-error.js
/**
 * A value that cannot be used, whoever gave it. The parsers on both sides of the container boundary throw it; it names the
 * value's place and never quotes a secret.
 */
class value_error_ValueError extends Error {
    name = 'ValueError';
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/copilot-host.js

/** The variable in which a runner says which GitHub server it works for. */
const SERVER_URL_VARIABLE = 'GITHUB_SERVER_URL';
/** How Copilot CLI works with a token: as GitHub's own client, or with a provider of its user's own. */
const COPILOT_MODES = (/* unused pure expression or super */ null && (['github', 'provider']));
/** Copilot's host for everybody who is licensed on github.com, whatever the plan. */
const COPILOT_HOST = 'api.githubcopilot.com';
/** GitHub Enterprise Cloud with data residency: each enterprise has one label below this domain. */
const RESIDENCY_DOMAIN = 'ghe.com';
const RESIDENCY_SERVICE = 'copilot-api';
/** An enterprise's: letters, digits and inner hyphens; never an internationalised one. */
const SUBDOMAIN = '(?!xn--)(?<subdomain>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)';
const escapedDomain = RegExp.escape(RESIDENCY_DOMAIN);
/** The host of an enterprise's server. */
const RESIDENCY_SERVER = new RegExp(`^${SUBDOMAIN}\\.${escapedDomain}$`);
const RESIDENCY_HOST = new RegExp(`^${RegExp.escape(RESIDENCY_SERVICE)}\\.${SUBDOMAIN}\\.${escapedDomain}$`);
/** Every host of GitHub's own that serves Copilot: of all plans, and with data residency. */
const GITHUB_COPILOT_HOST = new RegExp(`^(?:[a-z0-9.-]+\\.)?githubcopilot\\.com$|${RESIDENCY_HOST.source}`);
/** From a server's origin to Copilot's host, undefined where no server can be; the first row that matches decides. */
const HOST_BY_SERVER = [
    { origin: /^https:\/\/github\.com$/, host: COPILOT_HOST },
    {
        origin: new RegExp(`^https://${SUBDOMAIN}\\.${escapedDomain}$`),
        host: `${RESIDENCY_SERVICE}.$<subdomain>.${RESIDENCY_DOMAIN}`,
    },
    // Prompts that have to stay in a region would leave it if a mistyped address were taken for any other server.
    { origin: new RegExp(`^https?://(?:.+\\.)?${escapedDomain}(?::.+)?$`), host: undefined },
    // Enterprise Server has no Copilot of its own; its users are licensed on github.com.
    { origin: /^https?:.+$/, host: COPILOT_HOST },
];
/** An address as a runner states it. A URL parser would take a backslash for a slash, and decode escapes. */
const FORM = /^(?<scheme>https?):\/\/(?<name>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*)\.?(?<port>:\d{1,5})?\/?$/i;
/** In lower case, without a trailing dot and without the port that the scheme implies. */
function originOf(serverUrl) {
    const { scheme, name, port = '' } = FORM.exec(serverUrl)?.groups ?? {};
    if (scheme === undefined || name === undefined)
        return undefined;
    const implied = scheme.toLowerCase() === 'https' ? ':443' : ':80';
    return `${scheme}://${name}${port === implied ? '' : port}`.toLowerCase();
}
/**
 * The host of Copilot's API for the users of a GitHub server. Whatever the address is, the host is one of GitHub's.
 *
 * - github.com: `api.githubcopilot.com`.
 * - SUBDOMAIN.ghe.com: `copilot-api.SUBDOMAIN.ghe.com`, the name that
 *   https://docs.github.com/en/copilot/how-tos/provide-context/use-mcp-in-your-ide/enterprise-configuration gives. The
 *   hosts of github.com are not used (https://docs.github.com/en/copilot/reference/copilot-allowlist-reference).
 * - Enterprise Server: as github.com. Licences are assigned on GitHub's cloud platforms only, and users authenticate there
 *   (https://docs.github.com/en/enterprise-server@latest/copilot/copilot-on-ghes/about-copilot-on-ghes). Not
 *   `api.enterprise.githubcopilot.com`: by the allow-list reference it serves users of the plan Copilot Enterprise.
 *
 * @param serverUrl value of {@link SERVER_URL_VARIABLE}; an empty one counts as absent, which is github.com
 * @throws ValueError that names the variable and does not quote it, since an address can hold a password
 */
function copilotHost(serverUrl) {
    const text = serverUrl?.trim() ?? '';
    if (text === '')
        return COPILOT_HOST;
    const origin = originOf(text);
    const row = origin === undefined ? undefined : HOST_BY_SERVER.find((candidate) => candidate.origin.test(origin));
    if (origin === undefined || row?.host === undefined) {
        throw new value_error_ValueError(`${SERVER_URL_VARIABLE} is not a GitHub server's address, such as https://github.com or https://SUBDOMAIN.${RESIDENCY_DOMAIN}.`);
    }
    return origin.replace(row.origin, row.host);
}
/** True for every host that {@link copilotHost} gives, and for no other. */
function isCopilotHost(host) {
    return host === COPILOT_HOST || RESIDENCY_HOST.test(host);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/github-token.js
/** The variables in which gh, Copilot CLI and others look for a token of GitHub's. The first one is read first. */
const GITHUB_TOKEN_VARIABLES = ['GH_TOKEN', 'GITHUB_TOKEN'];
/**
 * Stands in the agent's environment for programs that want a token of GitHub's form. Measured with Copilot CLI 1.0.102: it
 * ignores any other text, and looks for the next variable.
 */
const PLACEHOLDER_GITHUB_TOKEN = 'ghu_placeholderTokenForCredentialIsolation';

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/model-choice.js
/** At this path the api-proxy tells the sandbox, before the command starts, which model to set: lines of `NAME=value`. */
const MODEL_CHOICE_PATH = '/awf/model-choice';
/** A model's name as it may become the value of a variable. */
const isModelName = (value) => typeof value === 'string' && /^[A-Za-z0-9][\w.:@/-]{0,99}$/.test(value);

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/openai.js





/** Azure OpenAI wants it everywhere: https://learn.microsoft.com/azure/ai-foundry/openai/reference */
const VERSION = 'api-version';
const OPENAI_GENERATION = [
    post('/chat/completions', VERSION),
    post('/completions', VERSION),
    post('/embeddings', VERSION),
];
const RESPONSES = [
    post('/responses', VERSION),
    post('/responses/compact', VERSION),
    freePost('/responses/input_tokens', VERSION),
    freePost('/responses/*/cancel', VERSION),
    get('/responses/*', VERSION, 'include', 'include_obfuscation', 'starting_after', 'stream'),
    get('/responses/*/input_items', VERSION, 'after', 'include', 'limit', 'order'),
];
const WEBSOCKETS = [
    // Codex tries this one before plain HTTP.
    websocket('/responses', VERSION),
    websocket('/realtime', VERSION, 'model', 'intent', 'call_id', 'deployment'),
];
const OPENAI_MODELS = [
    // Codex tells its version.
    get('/models', VERSION, 'client_version'),
    get('/models/*', VERSION),
];
const openai_ALL = [...OPENAI_GENERATION, ...RESPONSES, ...WEBSOCKETS, ...OPENAI_MODELS];
/** With `/v1` as OpenAI has it; without, as gateways may; below `/openai`, as Azure's SDK asks. */
const openai_ENDPOINTS = [
    ...under(['/v1', '/openai/v1', '/openai'], openai_ALL),
    ...spelled('', '/v1', 'own-hosts', openai_ALL),
    ...under(['/openai/deployments/*'], OPENAI_GENERATION),
];
/** The cache's part of a prompt. Only newer models charge for writing, with a field for it. */
const cacheIn = (details) => ({
    cachedInputTokens: json_isObject(details) ? (0,shared_usage/* tokens */.LU)(details['cached_tokens']) : 0,
    cacheWriteTokens: json_isObject(details) ? (0,shared_usage/* tokens */.LU)(details['cache_write_tokens']) : 0,
    hourCacheWriteTokens: 0,
});
/** https://platform.openai.com/docs/api-reference: Chat, Embeddings; otherwise Responses, and Realtime with its own spelling. */
function readOpenAi(counts) {
    if ('prompt_tokens' in counts) {
        return {
            inputTokens: (0,shared_usage/* tokens */.LU)(counts['prompt_tokens']),
            outputTokens: (0,shared_usage/* tokens */.LU)(counts['completion_tokens']),
            ...cacheIn(counts['prompt_tokens_details']),
        };
    }
    return {
        inputTokens: (0,shared_usage/* tokens */.LU)(counts['input_tokens']),
        outputTokens: (0,shared_usage/* tokens */.LU)(counts['output_tokens']),
        ...cacheIn(counts['input_tokens_details'] ?? counts['input_token_details']),
    };
}
/** The provider runs them. */
const openai_HOSTED = [
    [/^web_search(?:_preview)?(?:_\d{4}_\d\d_\d\d)?$/, 'web-search'],
    [/^mcp$/, 'mcp'],
    [/^(?:code_interpreter|hosted_shell|programmatic_tool_calling)$/, 'code-execution'],
    // It reads the files that the key's account keeps at the provider.
    [/^file_search$/, 'remote-files'],
];
/**
 * https://platform.openai.com/docs/api-reference/responses/create, /chat/create and /realtime-client-events. Codex 0.169.0
 * groups its tools in a `namespace`, and puts them into `input[].tools`.
 */
const OPENAI_BODY = {
    places: [
        {
            inside: 'tools',
            key: 'type',
            passes: /^(?:function|custom|namespace|local_shell|apply_patch|tool_search|computer|computer_use(?:_preview)?|image_generation)$/,
            // A shell may be the client's own, but without a look at its `environment`, nobody can tell.
            hosted: [...openai_HOSTED, [/^web_search/, 'web-search'], [/^shell$/, 'code-execution']],
        },
        // Wherever a tool is defined.
        named('type', openai_HOSTED),
        // Azure connects to an index whose address the request names.
        present('datasources', 'remote-files'),
        ...ADDED.places,
    ],
    families: ADDED.families,
    own: [
        ...['parameters', 'schema', 'jsonschema', 'inputschema', 'outputschema', 'guidedjson', 'structuredoutputs'],
        ...['arguments', 'env', 'metadata', 'clientmetadata'],
    ],
};
/** https://learn.microsoft.com/azure/ai-foundry/openai/reference: a key goes as `api-key`, a token of Entra ID as a bearer. */
const AZURE_KEY = {
    header: 'api-key',
    prefix: '',
    host: /\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$/,
    credential: /^(?!eyJ[\w-]*\.)/,
};
const openai_errorBody = (error) => ({
    error: {
        message: error.message,
        type: endsSpending(error) ? 'insufficient_quota' : error.status >= 500 ? 'server_error' : 'invalid_request_error',
        param: null,
        code: error.code,
    },
});
const openai = {
    id: 'openai',
    name: 'OpenAI',
    program: 'Codex',
    command: 'codex',
    port: 10000,
    defaultTarget: 'api.openai.com',
    otherHosts: [],
    companions: [],
    targetInput: 'openai-api-target',
    targetVariable: 'OPENAI_API_TARGET',
    authHeaderInput: 'openai-auth-header',
    authHeaderVariable: 'AWF_OPENAI_AUTH_HEADER',
    credentials: [
        {
            variable: 'OPENAI_API_KEY',
            input: 'openai-api-key',
            label: 'an OpenAI key',
            form: { value: /^sk-/, example: 'sk-…' },
        },
    ],
    withheld: {
        aliases: ['OPENAI_KEY', 'CODEX_API_KEY'],
        wellKnown: ['AZURE_OPENAI_API_KEY', 'CODEX_ACCESS_TOKEN'],
        // openai 7.57.0 and Codex 0.169.0
        patterns: [
            ...['OPENAI_*KEY', 'OPENAI_*TOKEN', 'OPENAI_*SECRET', 'AZURE_OPENAI_*KEY', 'AZURE_OPENAI_*TOKEN'],
            ...['CODEX_*KEY', 'CODEX_*TOKEN'],
        ],
    },
    injection: {
        header: 'authorization',
        prefix: 'Bearer ',
        defaults: {},
        others: [AZURE_KEY],
    },
    endpoints: openai_ENDPOINTS,
    bodyRules: () => OPENAI_BODY,
    toolHeaders: [],
    credentialQuery: [],
    requestHeaders: ['openai-*', 'originator', 'session_id', 'session-id', 'conversation_id', 'x-codex-*', 'chatgpt-*'],
    // https://platform.openai.com/docs/guides/realtime-websocket; openai-insecure-api-key.<key> is the one to lose.
    subprotocols: ['realtime', 'openai-beta.*', 'openai-organization.*', 'openai-project.*'],
    agentVariables: [{ name: 'OPENAI_BASE_URL', when: 'configured', role: 'base-url', value: '/v1' }],
    managedSettings: [
        {
            path: '/etc/codex/config.toml',
            when: 'configured',
            // Its own sandbox needs namespaces, which it cannot have in this one: each shell call would fail. Without the last
            // line, it offers models up to 5.5 a search that the provider runs.
            content: (baseUrl, allowed) => `openai_base_url = ${JSON.stringify(`${baseUrl}/v1`)}\n` +
                'sandbox_mode = "danger-full-access"\n' +
                (allowed.includes('web-search') ? '' : 'web_search = "disabled"\n'),
        },
    ],
    hopeless: [
        {
            command: /\bcodex\b[^\n]*\s(?:(?:-s|--sandbox)[ =]|(?:-c|--config)[ =]["']*sandbox_mode=["']*)(?:read-only|workspace-write)\b/,
            reason: 'Codex is asked for a sandbox of its own, which needs namespaces that it cannot have in this one: each of its ' +
                'shell calls will fail. Leave the option out: AWF is the sandbox.',
        },
    ],
    transcripts: ['.codex/sessions'],
    // A key without the permission to list models gets 401 or 403 with another code.
    modelList: { path: '/v1/models', wrongKey: { status: 401, body: /"invalid_api_key"/ } },
    sideTraffic: ['chatgpt.com', 'ab.chatgpt.com', 'github.com', 'api.github.com'],
    priceList: 'openai',
    usage: { usageKey: 'usage', modelKey: 'model', read: readOpenAi },
    finalStatus: 400,
    errorBody: openai_errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/copilot.js








const OPENAI = [
    ...OPENAI_GENERATION.filter(({ path }) => path !== '/completions'),
    post('/responses', VERSION),
    ...OPENAI_MODELS,
];
/**
 * OpenAI's routes without `/v1`; Claude models are also offered by Anthropic's own route, with it. Copilot CLI asks below
 * `/openai` for an upstream that is Azure's.
 */
const copilot_ENDPOINTS = [
    ...OPENAI,
    ...under(['/openai/v1', '/openai'], OPENAI),
    ...under(['/openai/deployments/*'], OPENAI_GENERATION),
    ...spelled('/v1', '', 'own-hosts', OPENAI),
    ...under(['/v1'], ANTHROPIC_MESSAGES),
    ...spelled('', '/v1', 'every-host', ANTHROPIC_MESSAGES),
];
/** Copilot offers the routes of OpenAI and of Anthropic, and their counts differ by the cache's names only. */
const readUsage = (counts) => 'cache_read_input_tokens' in counts ? readAnthropic(counts) : readOpenAi(counts);
/** Tokens of an OAuth App and of a GitHub App for a user. */
const OAUTH_TOKEN = /^gh[ou]_/;
const PLAN_HOSTS = ['individual', 'business', 'enterprise'].map((plan) => `api.${plan}.githubcopilot.com`);
/** The hosts of the plans Business and Enterprise. Reports say that they want OAuth tokens with the older scheme. */
const PLAN_HOST = /^api\.(?:business|enterprise)\.githubcopilot\.com$/;
const MODEL_VARIABLE = 'COPILOT_MODEL';
const WIRE_API_VARIABLE = 'COPILOT_PROVIDER_WIRE_API';
/** Newer models answer on `/responses` only; a list without endpoints is of the time when there was one. */
const CHAT = '/chat/completions';
const copilot_RESPONSES = '/responses';
/** A list from elsewhere may have anything in any place. */
const endpointsOf = ({ supported_endpoints: endpoints }) => Array.isArray(endpoints) ? endpoints : [CHAT];
const canChat = (model) => endpointsOf(model).includes(CHAT);
/** A model that an agent can work with: it calls tools, nobody has switched it off, and the program can speak to it. */
function suits(model) {
    const { capabilities, policy } = model;
    const isReachable = canChat(model) || endpointsOf(model).includes(copilot_RESPONSES);
    return (capabilities?.type === 'chat' &&
        capabilities.supports?.tool_calls === true &&
        policy?.state !== 'disabled' &&
        isReachable);
}
/** GitHub's own default, else its fallback, else the first that people may pick. */
function chooseModel(list, name) {
    const data = json_isObject(list) ? list['data'] : undefined;
    const models = (Array.isArray(data) ? data : []).filter((one) => json_isObject(one) && isModelName(one['id']));
    const fitting = models.filter(suits);
    const chosen = name === undefined
        ? (fitting.find((model) => model.is_chat_default === true) ??
            fitting.find((model) => model.is_chat_fallback === true) ??
            fitting.find((model) => model.model_picker_enabled === true) ??
            fitting[0])
        : models.find(({ id }) => id === name);
    return chosen && { [MODEL_VARIABLE]: chosen.id, ...(canChat(chosen) ? {} : { [WIRE_API_VARIABLE]: 'responses' }) };
}
const copilot_errorBody = (error) => ({ error: { message: error.message, code: error.code } });
const copilot = {
    id: 'copilot',
    name: 'GitHub Copilot',
    program: 'Copilot CLI',
    command: 'copilot',
    port: 10002,
    defaultTarget: COPILOT_HOST,
    // One for each plan. GitHub's answer to the program's first request names the right one.
    otherHosts: PLAN_HOSTS,
    // Who the token belongs to, and which host serves the plan.
    companions: [
        { host: 'api.github.com', method: 'GET', path: '/copilot_internal/user', credential: 'COPILOT_GITHUB_TOKEN' },
    ],
    byServer: { host: copilotHost, includes: isCopilotHost },
    targetInput: 'copilot-api-target',
    targetVariable: 'COPILOT_API_TARGET',
    authHeaderInput: 'copilot-auth-header',
    authHeaderVariable: 'AWF_COPILOT_AUTH_HEADER',
    credentials: [
        {
            variable: 'COPILOT_GITHUB_TOKEN',
            input: 'copilot-github-token',
            label: 'a Copilot token',
            form: { value: /^(?:gh[ousr]_|github_pat_)/, example: 'github_pat_…' },
            refuses: {
                value: /^ghp_/,
                what: 'a classic personal access token (ghp_...), which Copilot never accepts',
                instead: 'Use a fine-grained one with the permission "Copilot Requests", or the job\'s own token.',
            },
        },
        { variable: 'COPILOT_API_KEY', input: 'copilot-api-key', label: 'a Copilot key', mode: 'provider-mode' },
    ],
    withheld: {
        aliases: [],
        wellKnown: ['COPILOT_PROVIDER_BEARER_TOKEN'],
        // Copilot CLI 1.0.102
        patterns: ['COPILOT_*KEY', 'COPILOT_*TOKEN'],
    },
    injection: {
        header: 'authorization',
        prefix: 'Bearer ',
        defaults: {},
        others: [{ header: 'authorization', prefix: 'token ', credential: OAUTH_TOKEN, host: PLAN_HOST }, AZURE_KEY],
        hostDefaults: {
            host: GITHUB_COPILOT_HOST,
            // What Copilot CLI 1.0.102 sends in its own mode. In the mode with a provider of the user's own it sends none.
            defaults: { 'copilot-integration-id': 'copilot-developer-cli' },
            variables: { 'copilot-integration-id': 'COPILOT_INTEGRATION_ID' },
            ids: ['x-interaction-id'],
        },
    },
    endpoints: copilot_ENDPOINTS,
    bodyRules: (path) => (path.startsWith('/v1/messages') ? ANTHROPIC_BODY : OPENAI_BODY),
    toolHeaders: [],
    credentialQuery: [],
    requestHeaders: [
        ...['copilot-*', 'editor-*', 'x-initiator', 'x-interaction-*', 'x-github-api-version', 'openai-*'],
        ...['x-agent-task-id', 'x-client-*', 'x-github-repository-*'],
    ],
    subprotocols: [],
    agentVariables: [
        { name: 'COPILOT_API_URL', when: 'configured', role: 'base-url', value: '' },
        { name: 'COPILOT_TOKEN', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
        {
            name: 'COPILOT_GITHUB_TOKEN',
            when: { credential: 'COPILOT_GITHUB_TOKEN' },
            role: 'placeholder',
            value: PLACEHOLDER_TOKEN,
        },
        { name: 'COPILOT_API_KEY', when: { credential: 'COPILOT_API_KEY' }, role: 'placeholder', value: PLACEHOLDER_TOKEN },
        { name: 'COPILOT_OFFLINE', when: { credential: 'COPILOT_API_KEY' }, role: 'setting', value: 'true' },
        // The program ignores the placeholder in COPILOT_GITHUB_TOKEN for its form, and reads this variable next.
        {
            name: GITHUB_TOKEN_VARIABLES[0],
            when: 'own-mode',
            role: 'setting',
            value: PLACEHOLDER_GITHUB_TOKEN,
            yields: true,
        },
        // Of a provider of its user's own, the program asks nobody about a token. It needs a model by name then, and its wire
        // API.
        { name: 'COPILOT_PROVIDER_BASE_URL', when: 'provider-mode', role: 'base-url', value: '' },
        { name: 'COPILOT_PROVIDER_API_KEY', when: 'provider-mode', role: 'placeholder', value: PLACEHOLDER_TOKEN },
        { name: MODEL_VARIABLE, when: 'provider-mode', role: 'model-choice', value: '', overridable: true },
        { name: WIRE_API_VARIABLE, when: 'provider-mode', role: 'model-choice', value: '', overridable: true },
    ],
    managedSettings: [],
    hopeless: [],
    transcripts: ['.copilot/session-state', '.copilot/logs'],
    modelList: { path: '/models', wrongKey: { status: 401, body: /^/ }, choose: chooseModel },
    sideTraffic: [
        ...['api.github.com', 'api.github.com/copilot_internal/', 'api.github.com/repos/github/copilot-cli/'],
        ...['individual', 'business', 'enterprise'].map((plan) => `telemetry.${plan}.githubcopilot.com`),
    ],
    priceList: 'github-copilot',
    usage: { usageKey: 'usage', modelKey: 'model', read: readUsage },
    finalStatus: 402,
    errorBody: copilot_errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers/gemini.js




/** https://cloud.google.com/apis/docs/system-parameters; `alt=sse` makes a stream of events. */
const QUERY = ['alt', '$alt', 'fields', '$fields', 'prettyPrint', '$prettyPrint'];
const gemini_ALL = [
    ...['generateContent', 'streamGenerateContent', 'embedContent', 'batchEmbedContents'].map((verb) => post(`/models/*:${verb}`, ...QUERY)),
    freePost('/models/*:countTokens', ...QUERY),
    get('/models', 'pageSize', 'pageToken', 'page_size', 'page_token', ...QUERY),
    get('/models/*', ...QUERY),
];
/** Google's SDK appends a version to a base URL; the AI SDK of other programs has it in the base URL. */
const gemini_ENDPOINTS = [
    websocket('/ws/google.ai.generativelanguage.*.GenerativeService.BidiGenerateContent'),
    ...under(['/v1beta', '/v1', '/v1alpha'], gemini_ALL),
    ...spelled('', '/v1beta', 'every-host', gemini_ALL),
];
/** https://ai.google.dev/api/generate-content#UsageMetadata, and the Live API's `responseTokenCount`. */
function gemini_readUsage(counts) {
    return {
        inputTokens: (0,shared_usage/* tokens */.LU)(counts['promptTokenCount']) + (0,shared_usage/* tokens */.LU)(counts['toolUsePromptTokenCount']),
        outputTokens: (0,shared_usage/* tokens */.LU)(counts['candidatesTokenCount'] ?? counts['responseTokenCount']) + (0,shared_usage/* tokens */.LU)(counts['thoughtsTokenCount']),
        cachedInputTokens: (0,shared_usage/* tokens */.LU)(counts['cachedContentTokenCount']),
        // What fills a cache is a request of its own: https://ai.google.dev/api/caching
        cacheWriteTokens: 0,
        hourCacheWriteTokens: 0,
    };
}
/** https://ai.google.dev/api/caching#Tool and #FileData. JSON for a protocol buffer may name a field in two ways. */
const BODY = {
    places: [
        { inside: 'tools', passes: /^(?:functiondeclarations|computeruse)$/, hosted: GOOGLE_TOOLS },
        {
            // Where a file is, and where Google is to write one.
            key: '*uri',
            // A file of the account's: it is at the provider already.
            passes: /^https:\/\/generativelanguage\.googleapis\.com\/v1(?:alpha|beta)?\/files\/[\w-]+$/,
            hosted: [[/^/, 'remote-files']],
        },
        ...ADDED.places,
    ],
    families: [[/uris?(?:prefix)?$/, '*uri'], ...ADDED.families],
    own: ['functiondeclarations', 'args', 'response', 'responseschema', 'responsejsonschema', 'labels', 'partmetadata'],
};
/** https://cloud.google.com/apis/design/errors */
const STATUSES = {
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
    500: 'INTERNAL',
    502: 'UNAVAILABLE',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
};
const gemini_errorBody = (error) => ({
    error: {
        code: error.status,
        message: error.message,
        status: endsSpending(error)
            ? 'FAILED_PRECONDITION'
            : (STATUSES[error.status] ?? (error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT')),
    },
});
const gemini = {
    id: 'gemini',
    name: 'Google Gemini',
    program: 'Gemini CLI',
    command: 'gemini',
    port: 10003,
    defaultTarget: 'generativelanguage.googleapis.com',
    otherHosts: [],
    companions: [],
    targetInput: 'gemini-api-target',
    targetVariable: 'GEMINI_API_TARGET',
    authHeaderInput: 'gemini-auth-header',
    authHeaderVariable: 'AWF_GEMINI_AUTH_HEADER',
    credentials: [
        {
            variable: 'GEMINI_API_KEY',
            input: 'gemini-api-key',
            label: 'a Gemini key',
            form: { value: /^(?:AIza|AQ\.)/, example: 'AIza…' },
        },
    ],
    withheld: {
        aliases: [],
        wellKnown: ['GOOGLE_API_KEY'],
        // @google/genai 3.1.0
        patterns: ['GEMINI_*KEY', 'GOOGLE_*API_KEY'],
    },
    injection: { header: 'x-goog-api-key', prefix: '', defaults: {}, others: [] },
    endpoints: gemini_ENDPOINTS,
    bodyRules: () => BODY,
    toolHeaders: [],
    // https://cloud.google.com/apis/docs/system-parameters, and those of the API's discovery document
    credentialQuery: ['key', '$key', 'access_token', 'oauth_token'],
    requestHeaders: ['x-goog-api-client', 'x-goog-request-params', 'x-gemini-*'],
    subprotocols: [],
    agentVariables: [
        { name: 'GEMINI_API_BASE_URL', when: 'always', role: 'base-url', value: '' },
        { name: 'GOOGLE_GEMINI_BASE_URL', when: 'always', role: 'base-url', value: '' },
        {
            name: 'GEMINI_API_KEY',
            when: 'always',
            role: 'placeholder',
            value: 'gemini-api-key-placeholder-for-credential-isolation',
        },
    ],
    managedSettings: [
        {
            // It takes the machine's own (/etc/gemini-cli) from a directory of root's only, and an ordinary user can make none.
            path: '~/.gemini/settings.json',
            when: 'always',
            // Its search is a request of its own, with a tool that the provider runs.
            content: (_, allowed) => jsonFile({
                security: { auth: { selectedType: 'gemini-api-key' } },
                ...(!allowed.includes('web-search') && { tools: { exclude: ['google_web_search'] } }),
            }),
        },
    ],
    hopeless: [],
    transcripts: ['.gemini/tmp'],
    // https://ai.google.dev/gemini-api/docs/troubleshooting: a wrong key is an invalid argument.
    modelList: { path: '/v1beta/models?pageSize=1', wrongKey: { status: 400, body: /"API_KEY_INVALID"/ } },
    sideTraffic: ['play.googleapis.com'],
    priceList: 'google',
    usage: { usageKey: 'usageMetadata', modelKey: 'modelVersion', isModelLast: true, read: gemini_readUsage },
    finalStatus: 400,
    errorBody: gemini_errorBody,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/providers.js
/**
 * The provider table: the only place that knows a provider's port, host, header, key names, placeholders, base-URL
 * variables, error shape and managed settings. Adding a provider is a file in `providers/` and a line in {@link TABLE};
 * everything else derives from them.
 */





/** By port. */
const TABLE = [openai, anthropic, copilot, gemini];
/** All providers, by port. */
const PROVIDERS = TABLE;
/**
 * The provider's host for those who name no other.
 *
 * @param serverUrl value of `GITHUB_SERVER_URL`
 * @throws ValueError naming the variable, where the host depends on it and it cannot be understood
 */
function ownHost({ byServer, defaultTarget }, serverUrl) {
    return byServer ? byServer.host(serverUrl) : defaultTarget;
}
/** True for a host of the provider's own, in whatever way it was named; any other may be anybody's gateway. */
function isOwnHost({ byServer, defaultTarget }, host) {
    return host === defaultTarget || (byServer?.includes(host) ?? false);
}
/** Every credential that a run can be given. */
const CREDENTIALS = PROVIDERS.flatMap((provider) => provider.credentials);
/** Providers with a single key first: theirs are the names that most users look for. */
const ALL_KEYS = PROVIDERS.map(({ credentials }) => credentials.filter(({ isSubstitute }) => isSubstitute !== true))
    .toSorted((a, b) => a.length - b.length)
    .flatMap((keys) => keys.map(({ variable }) => variable));
/** Said when the api-proxy has nothing to inject. */
const NO_CREDENTIALS = (/* unused pure expression or super */ null && (`API proxy enabled but no API keys found in environment. Set ${ALL_KEYS.slice(0, -1).join(', ')}, or ${ALL_KEYS.at(-1) ?? ''} to use the proxy`));
const WITHHELD = PROVIDERS.map(({ withheld }) => withheld);
const ALIASES = WITHHELD.flatMap(({ aliases }) => aliases);
/** Names under which programs take a credential that the api-proxy cannot inject. A `*` stands for anything. */
const CREDENTIAL_PATTERNS = WITHHELD.flatMap(({ patterns }) => patterns);
const PLACEHOLDERS = PROVIDERS.flatMap(({ agentVariables }) => agentVariables.filter(({ role }) => role === 'placeholder'));
/** Values that a user may put into a credential variable of the agent, for SDKs that insist on one. */
const ACCEPTED_PLACEHOLDERS = [
    ...new Set(['placeholder', contract/* PLACEHOLDER_CLAUDE_KEY */.DV, ...PLACEHOLDERS.map(({ value }) => value)]),
];
/** Names that never reach the agent with a value of the user's. */
const CREDENTIAL_VARIABLES = [
    ...CREDENTIALS.map((credential) => credential.variable),
    ...ALIASES,
];
/** Names under which a program could find a credential: a placeholder is all that they ever hold in the agent. */
const CREDENTIAL_NAMES = [
    ...new Set([
        ...CREDENTIAL_VARIABLES,
        ...WITHHELD.flatMap(({ wellKnown }) => wellKnown),
        ...PLACEHOLDERS.map(({ name }) => name),
    ]),
];
/**
 * Names that the one-shot-token library protects in the agent: tokens that users pass, and names that hold nothing.
 *
 * Not the placeholders: they are worth nothing, and programs need them in children. Measured: npm 11 hands none of these
 * variables on, so that a program on an SDK fails under `npm start`; Gemini CLI 0.61.0 reads its key, starts itself again
 * without it, and ends with exit code 41.
 */
const ONE_SHOT_TOKENS = [
    ...['COPILOT_GITHUB_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_API_TOKEN', 'GITHUB_PAT'],
    ...ALIASES,
];

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/prices.js




/** @returns loads the prices, once, at the first call */
function lazyPricing(source) {
    let loading;
    return () => (loading ??= loadPriceTable().then((table) => pricing(source, table)));
}
/** Names that are remembered with their price. A hostile gateway may invent any number of them. */
const MAX_REMEMBERED = 1_000;
function pricing({ own, hosts }, table) {
    const ownPriceOf = ownPrices(own);
    const remembered = new Map();
    const tablePriceOf = (provider, model) => {
        const key = `${provider} ${model}`;
        if (remembered.has(key))
            return remembered.get(key);
        const price = table.find(billedBy(provider, hosts[provider]), model);
        if (remembered.size < MAX_REMEMBERED)
            remembered.set(key, price);
        return price;
    };
    return ({ provider, model, usage, answers, time }) => {
        const price = ownPriceOf(model) ?? (model === null ? undefined : tablePriceOf(provider, model));
        const each = price?.((0,shared_usage/* usagePerAnswer */.ps)(usage, Math.max(answers, 1)), time);
        return each === undefined ? undefined : each * Math.max(answers, 1);
    };
}
/** A provider's own hosts bill at its list; another host may be known by name, such as OpenRouter's. */
function billedBy(id, host) {
    const provider = PROVIDERS.find((candidate) => candidate.id === id);
    if (provider === undefined)
        throw new Error(`There is no provider ${id}.`);
    return host === undefined || isOwnHost(provider, host) ? { list: provider.priceList } : { host };
}
function ownPrices(own) {
    const rows = own.map((price) => ({ price, matches: nameMatcher([price.model.toLowerCase()]) }));
    return (model) => {
        const found = rows.find(({ matches }) => matches((model ?? '').toLowerCase()))?.price;
        return found && ((usage) => costAt(found, usage));
    };
}
const PER_TOKEN = 1e-6;
function costAt(price, usage) {
    const { inputTokens, outputTokens, cachedInputTokens, hourCacheWriteTokens } = usage;
    const cacheWriteTokens = Math.max(usage.cacheWriteTokens, hourCacheWriteTokens);
    const plain = Math.max(inputTokens - cachedInputTokens - cacheWriteTokens, 0);
    return ((plain * price.input +
        cachedInputTokens * price.cachedInput +
        (cacheWriteTokens - hourCacheWriteTokens) * price.cacheWrite +
        hourCacheWriteTokens * price.hourCacheWrite +
        outputTokens * price.output) *
        PER_TOKEN);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/capacity.js
/**
 * What the requests at all ports may take together. The limits of a port do not bound it: there is a port for each provider,
 * and a server for each named host.
 */
class Capacity {
    #limits;
    #requests = 0;
    #held = 0;
    constructor(limits) {
        this.#limits = limits;
    }
    get isFull() {
        return this.#requests >= this.#limits.allRequests;
    }
    addRequest() {
        this.#requests++;
    }
    removeRequest() {
        this.#requests--;
    }
    /** @returns false if there is no room for so many octets of bodies that wait for their verdict */
    hold(octets) {
        if (this.#held + octets > this.#limits.heldBytes)
            return false;
        this.#held += octets;
        return true;
    }
    release(octets) {
        this.#held -= octets;
    }
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/errors.js
var errors = __nccwpck_require__(688);
// EXTERNAL MODULE: ./node_modules/graphql/language/ast.js
var ast = __nccwpck_require__(740);
// EXTERNAL MODULE: ./node_modules/graphql/language/kinds.js
var kinds = __nccwpck_require__(123);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/github-access.js
/** What a command may do with the run's token at GitHub, and which GraphQL mutations belong to it. */
/** From the least to the most. Each includes those before it. */
const GITHUB_ACCESS_LEVELS = ['read', 'comment', 'write'];
/** The option that sets it. */
const GITHUB_ACCESS_OPTION = 'github-access';
/**
 * To say something without changing the state of anything. An edit leaves the old text in the comment's history. A deletion
 * does not, so it needs `write`.
 */
const COMMENT = [
    ...['addComment', 'updateIssueComment'],
    ...['addDiscussionComment', 'updateDiscussionComment'],
    ...['addPullRequestReview', 'addPullRequestReviewThread', 'addPullRequestReviewThreadReply'],
    ...['submitPullRequestReview', 'updatePullRequestReview', 'updatePullRequestReviewComment'],
    ...['addReaction', 'removeReaction'],
];
/** A review at `comment` is a comment. An approval can open the way for a merge, and a request for changes block it. */
const REVIEW = { event: ['COMMENT'] };
const COMMENT_INPUTS = {
    addPullRequestReview: REVIEW,
    submitPullRequestReview: REVIEW,
};
/**
 * The everyday work of a contributor. What is not here passes at no level: settings, members, keys, rule sets, branch
 * protection, environments and deployments, transfers, forks, archiving, and the deletion of issues.
 */
const WRITE = [
    ...['createIssue', 'updateIssue', 'closeIssue', 'reopenIssue', 'createLinkedBranch'],
    ...['addSubIssue', 'removeSubIssue', 'reprioritizeSubIssue'],
    ...['createPullRequest', 'updatePullRequest', 'closePullRequest', 'reopenPullRequest', 'revertPullRequest'],
    ...['markPullRequestReadyForReview', 'convertPullRequestToDraft', 'updatePullRequestBranch'],
    ...['mergePullRequest', 'enablePullRequestAutoMerge', 'disablePullRequestAutoMerge'],
    ...['enqueuePullRequest', 'dequeuePullRequest'],
    ...['requestReviews', 'requestReviewsByLogin', 'dismissPullRequestReview', 'deletePullRequestReview'],
    ...['resolveReviewThread', 'unresolveReviewThread'],
    ...['addLabelsToLabelable', 'removeLabelsFromLabelable', 'clearLabelsFromLabelable', 'createLabel', 'updateLabel'],
    ...['addAssigneesToAssignable', 'removeAssigneesFromAssignable', 'replaceActorsForAssignable'],
    ...['deleteIssueComment', 'deletePullRequestReviewComment', 'deleteDiscussionComment', 'minimizeComment'],
    ...['createDiscussion', 'updateDiscussion', 'closeDiscussion', 'markDiscussionCommentAsAnswer'],
    ...['createCommitOnBranch', 'createRef', 'updateRef', 'deleteRef', 'mergeBranch'],
];
const github_access_ADDED = { read: [], comment: COMMENT, write: WRITE };
const upTo = (level) => GITHUB_ACCESS_LEVELS.slice(0, GITHUB_ACCESS_LEVELS.indexOf(level) + 1);
/** What a rule for the GraphQL endpoint has at a level. */
function graphqlRule(level) {
    const mutations = upTo(level).flatMap((each) => github_access_ADDED[each]);
    return level === 'comment' ? { mutations, inputs: COMMENT_INPUTS } : { mutations };
}
/** The least level at which a mutation passes with any input; undefined if there is none. */
function levelForMutation(name) {
    return GITHUB_ACCESS_LEVELS.find((level) => {
        const { mutations, inputs } = graphqlRule(level);
        return mutations.includes(name) && inputs?.[name] === undefined;
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/json-text.js
/** The octets are not one JSON document, or it is nested too deeply. */
class NotJson extends Error {
}
const LETTERS = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** @param text what is between the quotes, or the beginning of it. @throws NotJson for an escape that there is not */
function decodeText(text, isCut) {
    if (!text.includes('\\'))
        return text;
    // An escape at the end may be cut.
    const whole = /^(?:[^\\]|\\u[0-9A-Fa-f]{4}|\\["\\/bfnrt])*/.exec(text)?.[0] ?? '';
    if (!isCut && whole !== text)
        throw new NotJson();
    return whole.replace(/\\(?:u(....)|(.))/g, (_, hex, letter) => hex === undefined ? (LETTERS[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/json-reader.js

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Octets of a string that are kept to be judged. A longer one is judged by its beginning. */
const MAX_TEXT = 2_048;
/** Objects and lists inside each other. Clients do not nest their schemas a tenth as deep. */
const MAX_DEPTH = 256;
/** Octets after which a call that searches for a quote is faster than a look at each octet. */
const SHORT = 48;
const json_reader_NOTHING = Buffer.alloc(0);
/** What may come next in the document. */
const [VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON_NEXT, COMMA_OR_END, END] = [0, 1, 2, 3, 4, 5, 6];
/** Where the octet is that comes next. */
const [GAP, IN_KEY, IN_TEXT, IN_WORD] = [0, 1, 2, 3];
const ROOT = { name: '', wish: 'nothing' };
/**
 * Reads one JSON document that arrives in chunks. It sees every key, however it is spelled, and keeps only those around
 * the current one. What is not strictly JSON is refused, because another parser could read it in another way.
 *
 * The scanner for usage is a different thing: it searches for one key in text that need not be JSON, and a key with an
 * unusual spelling may escape it.
 */
class JsonReader {
    #listener;
    #levels = [];
    #next = VALUE;
    #place = GAP;
    /** The next octet is escaped. */
    #isEscaped = false;
    /** The beginning of a string or word that started in an earlier chunk. */
    #held = json_reader_NOTHING;
    #slot = ROOT;
    /** The level below which keys are skipped. */
    #skippedAt = Infinity;
    constructor(listener) {
        this.#listener = listener;
    }
    /** @throws NotJson */
    push(chunk) {
        let at = 0;
        while (at < chunk.length) {
            if (this.#place === GAP)
                at = this.#readToken(chunk, at);
            else if (this.#place === IN_WORD)
                at = this.#readWord(chunk, at);
            else
                at = this.#readString(chunk, at);
        }
    }
    /** White space alone counts as complete. @throws NotJson if the document is not complete */
    end() {
        if (this.#place === IN_WORD)
            this.#endWord();
        const isEmpty = this.#next === VALUE && this.#levels.length === 0;
        if (this.#place !== GAP || !(isEmpty || this.#next === END))
            throw new NotJson();
    }
    #readToken(chunk, at) {
        const octet = chunk[at];
        switch (octet) {
            case 0x20:
            case 0x0a:
            case 0x0d:
            case 0x09:
                break;
            case QUOTE:
                this.#beginString();
                break;
            case OPEN_OBJECT:
            case OPEN_LIST:
                this.#open(octet === OPEN_LIST);
                break;
            case CLOSE_OBJECT:
            case CLOSE_LIST:
                this.#close(octet === CLOSE_LIST);
                break;
            case COLON:
                this.#expect(COLON_NEXT);
                this.#next = VALUE;
                break;
            case COMMA:
                this.#expect(COMMA_OR_END);
                this.#next = this.#level?.isList === true ? VALUE : KEY;
                break;
            default:
                this.#expectValue();
                if (!WORD_START.includes(octet))
                    throw new NotJson();
                this.#place = IN_WORD;
                return at;
        }
        return at + 1;
    }
    get #level() {
        return this.#levels[this.#levels.length - 1];
    }
    #expect(next) {
        if (this.#next !== next)
            throw new NotJson();
    }
    #expectValue() {
        if (this.#next !== VALUE && this.#next !== VALUE_OR_END)
            throw new NotJson();
    }
    #beginString() {
        if (this.#next === KEY || this.#next === KEY_OR_END)
            this.#place = IN_KEY;
        else {
            this.#expectValue();
            this.#place = IN_TEXT;
        }
    }
    #open(isList) {
        this.#expectValue();
        if (this.#levels.length === MAX_DEPTH)
            throw new NotJson();
        if (!isList)
            this.#tell(undefined);
        const slot = this.#currentSlot();
        this.#levels.push({ isList, slot, inside: this.#inside() });
        if (slot.wish === 'skip')
            this.#skippedAt = Math.min(this.#skippedAt, this.#levels.length);
        this.#next = isList ? VALUE_OR_END : KEY_OR_END;
    }
    #close(isList) {
        const isEmpty = this.#next === (isList ? VALUE_OR_END : KEY_OR_END);
        if (this.#level?.isList !== isList || !(isEmpty || this.#next === COMMA_OR_END))
            throw new NotJson();
        if (this.#skippedAt === this.#levels.length)
            this.#skippedAt = Infinity;
        this.#levels.pop();
        this.#endValue();
    }
    #endValue() {
        this.#next = this.#levels.length === 0 ? END : COMMA_OR_END;
    }
    /** The slot of the value that comes next: an element of a list has that of its list. */
    #currentSlot() {
        const level = this.#level;
        return level?.isList === true ? level.slot : this.#slot;
    }
    #inside() {
        const level = this.#level;
        if (level === undefined)
            return '';
        return level.isList ? level.inside : level.slot.name;
    }
    #tell(text) {
        const slot = this.#currentSlot();
        if (slot.wish === 'value' && this.#levels.length < this.#skippedAt) {
            this.#listener.onValue(slot, this.#inside(), text);
        }
    }
    #readWord(chunk, from) {
        let at = from;
        while (at < chunk.length && isWord(chunk[at]))
            at++;
        this.#hold(chunk.subarray(from, at));
        if (at < chunk.length)
            this.#endWord();
        return at;
    }
    #endWord() {
        const word = this.#held.toString('latin1');
        this.#held = json_reader_NOTHING;
        this.#place = GAP;
        if (!WORD.test(word))
            throw new NotJson();
        if (word !== 'null')
            this.#tell(undefined);
        this.#endValue();
    }
    #hold(part) {
        const rest = part.subarray(0, MAX_TEXT - this.#held.length);
        this.#held = this.#held.length === 0 ? rest : Buffer.concat([this.#held, rest]);
    }
    #readString(chunk, from) {
        const end = this.#endOfString(chunk, from);
        const isWanted = this.#levels.length < this.#skippedAt && (this.#place === IN_KEY || this.#isValueWanted());
        if (end < 0) {
            if (isWanted)
                this.#hold(chunk.subarray(from));
            return chunk.length;
        }
        const isKey = this.#place === IN_KEY;
        this.#place = GAP;
        if (isKey) {
            this.#slot = isWanted ? this.#listener.onKey(this.#textOf(chunk, from, end), this.#inside()) : ROOT;
            this.#next = COLON_NEXT;
        }
        else {
            if (isWanted)
                this.#tell(this.#textOf(chunk, from, end));
            this.#endValue();
        }
        return end + 1;
    }
    #textOf(chunk, from, end) {
        if (this.#held.length === 0) {
            const cut = Math.min(end, from + MAX_TEXT);
            return decodeText(chunk.toString('utf8', from, cut), cut < end);
        }
        this.#hold(chunk.subarray(from, end));
        const raw = this.#held;
        this.#held = json_reader_NOTHING;
        return decodeText(raw.toString(), raw.length === MAX_TEXT);
    }
    #isValueWanted() {
        return this.#currentSlot().wish === 'value';
    }
    /** @returns the index of the quote that ends the string, or -1 if the chunk ends before it does */
    #endOfString(chunk, from) {
        let at = this.#isEscaped ? from + 1 : from;
        this.#isEscaped = false;
        for (;;) {
            for (const short = Math.min(chunk.length, at + SHORT); at < short; at++) {
                const octet = chunk[at];
                if (octet === QUOTE)
                    return at;
                if (octet === BACKSLASH)
                    at++;
            }
            if (at >= chunk.length) {
                // The last octet of the chunk was a backslash.
                this.#isEscaped = at > chunk.length;
                return -1;
            }
            const quote = chunk.indexOf(QUOTE, at);
            const end = quote < 0 ? chunk.length : quote;
            const isEscaped = backslashesBefore(chunk, end, at) % 2 === 1;
            if (quote >= 0 && !isEscaped)
                return quote;
            at = isEscaped ? end + 1 : end;
        }
    }
}
function backslashesBefore(chunk, end, start) {
    let at = end;
    while (at > start && chunk[at - 1] === BACKSLASH)
        at--;
    return end - at;
}
const WORD_START = Buffer.from('tfn-0123456789');
/** `true`, `false`, `null`, or a number; of a long number, its beginning. */
const WORD = /^(?:true|false|null|-?\d[\d.eE+-]*)$/;
const isWord = (octet) => (octet >= 0x30 && octet <= 0x39) ||
    (octet >= 0x61 && octet <= 0x7a) ||
    octet === 0x45 ||
    octet === 0x2b ||
    octet === 0x2d ||
    octet === 0x2e;

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/graphql-body.js



/** What is inside `variables` is the operation's business. It is read again below. */
const SLOTS = new Map(['query', 'operationName', 'variables'].map((name) => [name, { name, wish: 'skip' }]));
/** Fails with a reason instead of a stack. */
class Unusual extends Error {
}
/**
 * Checks the document as it is written: a parser that keeps the last of two equal keys and one that keeps the first would
 * otherwise read different requests. Other members are refused, because some of them stand for a document that is stored
 * at the server (`extensions`, `id`, `documentId`).
 *
 * @throws Unusual, NotJson
 */
function checkKeys(body) {
    const seen = new Set();
    const reader = new JsonReader({
        onKey: (key) => {
            const slot = SLOTS.get(key);
            if (!slot)
                throw new Unusual('it has other members than "query", "variables" and "operationName"');
            if (seen.has(key))
                throw new Unusual(`it has "${key}" twice`);
            seen.add(key);
            return slot;
        },
        onValue: () => undefined,
    });
    reader.push(body);
    reader.end();
}
/** @returns the request, or why it is none */
function parseGraphqlBody(body) {
    let value;
    try {
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
        checkKeys(body);
        value = JSON.parse(text);
    }
    catch (error) {
        if (error instanceof Unusual)
            return error.message;
        if (error instanceof NotJson || error instanceof SyntaxError || error instanceof TypeError) {
            return 'it is not one JSON document in UTF-8';
        }
        throw error;
    }
    if (!isRecord(value))
        return Array.isArray(value) ? 'it is a batch of requests' : 'it is not a JSON object';
    const { query, operationName = null, variables } = value;
    if (typeof query !== 'string')
        return 'it has no "query"';
    if (operationName !== null && typeof operationName !== 'string')
        return 'its "operationName" is no string';
    if (!isRecord(variables ?? {}))
        return 'its "variables" are not a JSON object';
    return {
        query,
        ...(isRecord(variables) && { variables }),
        ...(operationName !== null && { operationName }),
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/request/raw-headers.js
/** Lines in the list. */
const headerCount = (headers) => headers.length / 2;
/**
 * Visits each line. The hot path uses this one, which makes no object per line.
 *
 * @param visit gets the name in lower case, the value, and the name as it is spelled
 */
function eachHeader(headers, visit) {
    for (let i = 0; i < headers.length; i += 2) {
        const spelling = headers[i] ?? '';
        visit(spelling.toLowerCase(), headers[i + 1] ?? '', spelling);
    }
}
/** The lines, names as they are spelled. */
function headerPairs(headers) {
    const pairs = [];
    eachHeader(headers, (_, value, spelling) => pairs.push([spelling, value]));
    return pairs;
}
/** The names in lower case, each one once. */
function headerNames(headers) {
    const names = new Set();
    eachHeader(headers, (name) => names.add(name));
    return [...names];
}
/** @param wanted lower case */
function headerValues(headers, wanted) {
    const values = [];
    eachHeader(headers, (name, value) => {
        if (name === wanted)
            values.push(value);
    });
    return values;
}
/**
 * The value of one header, without the object of all headers that `IncomingMessage.headers` builds.
 *
 * @param wanted lower case
 * @returns the values of duplicates joined, as RFC 9110, section 5.2, defines; undefined if there is no such header
 */
function headerValue(headers, wanted) {
    let found;
    for (let i = 0; i < headers.length; i += 2) {
        const name = headers[i] ?? '';
        // Most names differ in length already, which saves making a lower-case copy of each.
        if (name.length !== wanted.length || name.toLowerCase() !== wanted)
            continue;
        const value = headers[i + 1] ?? '';
        found = found === undefined ? value : `${found}, ${value}`;
    }
    return found;
}
/** @param names lower case */
function withoutHeaders(headers, names) {
    const kept = [];
    eachHeader(headers, (name, value, spelling) => {
        if (!names.has(name))
            kept.push(spelling, value);
    });
    return kept;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/plain-json.js

/** Without a type, a provider reads JSON. Any other type or charset makes some servers read the same octets differently. */
const PLAIN_JSON = /^application\/(?:[\w.-]+\+)?json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;
/** Whether the headers announce a body that a judge can read: JSON in UTF-8, not compressed. */
function isPlainJson(rawHeaders) {
    const coding = headerValue(rawHeaders, 'content-encoding') ?? 'identity';
    return (coding.toLowerCase() === 'identity' &&
        PLAIN_JSON.test(headerValue(rawHeaders, 'content-type') ?? 'application/json'));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/graphql.js







/** Tokens of a document. The largest of `gh` have 1,500. */
const MAX_TOKENS = 10_000;
/** Selections in selections. Each is printed with two more spaces: of 3,000, those alone would be 20 MB. */
const graphql_MAX_DEPTH = 100;
/** Loads the parser, once. */
const loadGraphql = () => import(/* webpackIgnore: true */ "./graphql-package.js");
const refuse = (code, reason) => new errors/* ProxyError */.T6(code, reason, { headers: errors/* NO_RETRY */.PE });
const unreadable = (what) => refuse('body_unreadable', `The api-proxy cannot tell what this GraphQL request does: ${what}. Send one JSON object with "query", and ` +
    '"variables" and "operationName" if they are needed, without compression, with the type application/json.');
/** @throws ProxyError 403 for what a request's headers tell */
function checkGraphqlHeaders(rawHeaders) {
    if (!isPlainJson(rawHeaders))
        throw unreadable('it is compressed or not JSON in UTF-8');
}
/** Judges GraphQL requests by one rule. */
class GraphqlJudge {
    needsWhole = true;
    #graphql;
    #rule;
    #source;
    /** @param source where the rule comes from, for messages: `github-access read` */
    constructor(graphql, rule, source) {
        this.#graphql = graphql;
        this.#rule = rule;
        this.#source = source;
    }
    begin() {
        return new GraphqlJudgement(this.#graphql, this.#rule, this.#source);
    }
}
/** Judges the body of one GraphQL request, as a whole. */
class GraphqlJudgement {
    #graphql;
    #rule;
    #source;
    constructor(graphql, rule, source) {
        this.#graphql = graphql;
        this.#rule = rule;
        this.#source = source;
    }
    push() {
        // It is read as a whole.
    }
    /**
     * @returns the body to forward instead of the client's. It is composed anew, because GitHub has a parser of its own:
     *   one that reads a comment's end or a string in another way would act on another document than the judged one. It is
     *   written as short as it can be, and white space at its end gives it the length of the client's.
     * @throws ProxyError 403
     */
    end(octets) {
        const { print, stripIgnoredCharacters } = this.#graphql;
        const body = parseGraphqlBody(octets);
        if (typeof body === 'string')
            throw unreadable(body);
        const document = this.#parse(body.query);
        this.#judge(document, body);
        const composed = Buffer.from(JSON.stringify({ ...body, query: stripIgnoredCharacters(print(document)) }));
        // Block strings of many lines can come out longer, because a plain string has to escape them.
        if (composed.length > octets.length)
            throw unreadable('its strings take more room when they are written plainly');
        return Buffer.concat([composed, Buffer.alloc(octets.length - composed.length, ' ')]);
    }
    #parse(query) {
        const { parse, visit } = this.#graphql;
        try {
            const document = parse(query, { maxTokens: MAX_TOKENS, noLocation: true });
            let depth = 0;
            return visit(document, {
                SelectionSet: {
                    enter: () => {
                        if (++depth > graphql_MAX_DEPTH)
                            throw new RangeError('too deep');
                    },
                    leave: () => {
                        depth--;
                    },
                },
                // A plain string has one escape syntax, which is JSON's. A block string has one of its own.
                StringValue: (node) => (node.block === true ? { ...node, block: false } : undefined),
            });
        }
        catch {
            // Also a RangeError: the parser recurses, and the stack is full after some thousand levels.
            throw unreadable('its document is not valid, has too many parts or is nested too deeply');
        }
    }
    /** Every operation of the document, not only the one that `operationName` chooses. */
    #judge({ definitions }, body) {
        const fragments = new Map();
        for (const definition of definitions) {
            if (definition.kind !== kinds/* Kind */.b.FRAGMENT_DEFINITION)
                continue;
            if (fragments.has(definition.name.value))
                throw unreadable('two of its fragments have the same name');
            fragments.set(definition.name.value, definition);
        }
        for (const definition of definitions) {
            if (definition.kind === kinds/* Kind */.b.FRAGMENT_DEFINITION)
                continue;
            if (definition.kind !== kinds/* Kind */.b.OPERATION_DEFINITION)
                throw unreadable('its document has a part that is no operation');
            if (definition.operation === ast/* OperationTypeNode */.cE.SUBSCRIPTION)
                throw this.#refuseOperation('GraphQL subscriptions', undefined);
            if (definition.operation !== ast/* OperationTypeNode */.cE.MUTATION)
                continue;
            for (const field of topFields(definition.selectionSet, fragments))
                this.#judgeMutation(field, body.variables ?? {});
        }
    }
    #judgeMutation({ name: { value: name }, arguments: given = [] }, variables) {
        if (name === '__typename')
            return;
        const mutation = `the GraphQL mutation "${(0,errors/* printable */.g$)(name)}"`;
        if (!this.#rule.mutations.includes(name))
            throw this.#refuseOperation(mutation, name);
        const values = new Map(Object.entries(this.#rule.inputs ?? {})).get(name);
        if (!values || given.every((argument) => passes(argument, values, variables)))
            return;
        const members = Object.entries(values).map(([member, allowed]) => `another ${member} than ${allowed.join(', ')}`);
        throw this.#refuseOperation(`${mutation} with ${members.join(' or ')}`, name);
    }
    #refuseOperation(what, mutation) {
        const level = mutation === undefined ? undefined : levelForMutation(mutation);
        const remedy = level === undefined
            ? `No value of ${GITHUB_ACCESS_OPTION} allows it.`
            : `If the workflow needs it, its author can allow it with this line: ${GITHUB_ACCESS_OPTION}: ${level}`;
        return refuse('graphql_not_allowed', `The rule "${this.#source}" does not allow ${what}. ${remedy}`);
    }
}
/**
 * The fields at the top of an operation, whatever fragments they stand in. Each fragment is opened once: fields that it
 * repeats are the same fields.
 */
function topFields(top, fragments) {
    const fields = [];
    const opened = new Set();
    const waiting = [top];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
        for (const selection of next.selections) {
            if (selection.kind === kinds/* Kind */.b.FIELD)
                fields.push(selection);
            else if (selection.kind === kinds/* Kind */.b.INLINE_FRAGMENT)
                waiting.push(selection.selectionSet);
            else if (!opened.has(selection.name.value)) {
                const fragment = fragments.get(selection.name.value);
                if (!fragment)
                    throw unreadable('it uses a fragment that it does not define');
                opened.add(selection.name.value);
                waiting.push(fragment.selectionSet);
            }
        }
    }
    return fields;
}
/** Whether the members of an input have allowed values. A variable without a value may have a default, which may not. */
function passes({ value }, allowed, variables) {
    const valueOf = (node) => {
        if (node.kind === kinds/* Kind */.b.VARIABLE)
            return new Map(Object.entries(variables)).get(node.name.value);
        return node.kind === kinds/* Kind */.b.ENUM ? node.value : undefined;
    };
    const given = valueOf(value);
    let members;
    if (value.kind === kinds/* Kind */.b.OBJECT)
        members = value.fields.map((field) => [field.name.value, valueOf(field.value)]);
    else if (isRecord(given))
        members = Object.entries(given);
    else
        return false;
    const values = new Map(Object.entries(allowed));
    return members.every(([member, text]) => values.get(member)?.some((each) => each === text) ?? true);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/members.js




const OTHER = { name: '', wish: 'skip' };
const members_refuse = (code, reason) => new errors/* ProxyError */.T6(code, reason, { headers: errors/* NO_RETRY */.PE });
const members_unreadable = (what, source) => members_refuse('body_unreadable', `The rule "${source}" depends on what is in the ${what}, which is compressed or not JSON in UTF-8. ` +
    'Send JSON without compression, with the type application/json.');
/** git-lfs and others have a type of their own for JSON. @throws ProxyError 403 for what a request's headers tell */
function checkMembersHeaders(rawHeaders, source) {
    if (!isPlainJson(rawHeaders))
        throw members_unreadable('request body', source);
}
/**
 * Judges JSON bodies in which some members may only have some values: a review's `event`, and the `operation` of LFS. Only the
 * members of the object itself count, and a member that is not there passes.
 */
class MembersJudge {
    needsWhole = true;
    #members;
    #source;
    /** @param source where the rule comes from, for messages: `github-access comment` */
    constructor(members, source) {
        this.#members = new Map(Object.entries(members));
        this.#source = source;
    }
    begin(what) {
        const reader = new JsonReader(this.#listener());
        const attempt = (work) => {
            try {
                work();
            }
            catch (error) {
                if (!(error instanceof NotJson))
                    throw error;
                throw members_unreadable(what, this.#source);
            }
        };
        return {
            push: (chunk) => attempt(() => reader.push(chunk)),
            end: () => attempt(() => reader.end()),
        };
    }
    #listener() {
        const seen = new Set();
        return {
            onKey: (key) => {
                if (!this.#members.has(key))
                    return OTHER;
                // Which of two counts, depends on the server's parser.
                if (seen.has(key))
                    throw this.#notAllowed(key, 'a second value');
                seen.add(key);
                return { name: key, wish: 'value' };
            },
            onValue: ({ name }, _, text) => {
                const isAllowed = text !== undefined && this.#members.get(name)?.includes(text) === true;
                if (!isAllowed)
                    throw this.#notAllowed(name, text === undefined ? 'such a value' : `"${(0,errors/* printable */.g$)(text)}"`);
            },
        };
    }
    #notAllowed(name, value) {
        const allowed = this.#members.get(name)?.join(', ') ?? '';
        return members_refuse('request_not_allowed', `The rule "${this.#source}" does not allow ${value} for "${name}" in the request body, only ${allowed}.`);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/hosts/body-rules.js


/** Loads the parser for GraphQL if a rule needs it. */
async function graphqlFor(hosts) {
    const isNeeded = hosts.some((host) => 'rules' in host && host.rules.some((rule) => rule.graphql));
    return isNeeded ? await loadGraphql() : undefined;
}
/** Judges of the bodies of one host's requests, prepared once for all of them. */
class BodyRules {
    #judges = new Map();
    /** @throws Error if a rule is about GraphQL and the package is not there */
    constructor(rules, graphql) {
        for (const rule of rules) {
            if (rule.graphql) {
                if (!graphql)
                    throw new Error(`The rule ${rule.source} needs the parser for GraphQL.`);
                this.#judges.set(rule, new GraphqlJudge(graphql, rule.graphql, rule.source));
            }
            else if (rule.members)
                this.#judges.set(rule, new MembersJudge(rule.members, rule.source));
        }
    }
    /**
     * @returns the judge of the request's body; undefined if any body passes
     * @throws ProxyError 403 for what its headers tell
     */
    admit(rule, { body }, rawHeaders) {
        const judge = this.#judges.get(rule);
        if (judge && body !== 0) {
            if (rule.graphql)
                checkGraphqlHeaders(rawHeaders);
            else
                checkMembersHeaders(rawHeaders, rule.source);
        }
        return judge;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/glob.js
/**
 * Prepares a pattern in which each `*` stands for a gap. A regular expression with several stars would try every division of
 * the text among them: a rule with three of them, and a path of 16 KB, take hours. Here, each text between stars is sought
 * once, from the end of the one before. A later place is never better where all gaps are alike: its gap would only be
 * longer. Where a gap may hold less than the one before it, a text may be refused that a regular expression would take, never
 * the other way round.
 *
 * @param gapBefore the gap in front of a text
 */
function globMatcher(pattern, gapBefore) {
    const [first = '', ...others] = pattern.split('*');
    const middle = others.map((text) => ({ text, ...gapBefore(text) }));
    const last = middle.pop();
    if (last === undefined)
        return (text) => text === pattern;
    return (text) => {
        if (!text.startsWith(first) || !text.endsWith(last.text))
            return false;
        let at = first.length;
        const takesGap = (end, { least, without }) => end >= at + least && !without.test(text.slice(at, end));
        for (const part of middle) {
            const found = text.indexOf(part.text, at + part.least);
            if (found < 0 || !takesGap(found, part))
                return false;
            at = found + part.text.length;
        }
        return takesGap(text.length - last.text.length, last);
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/rule-matcher.js
/** Which of a host's rules decides about a request. The api-proxy and `awf policy test` ask the same question. */

/** A slash that belongs to a segment, as in the names of branches and of npm's packages with a scope. */
const ESCAPED_SLASH = /%2F/g;
/** The ways in which a server may read a canonical path: as it is, and with its escaped slashes decoded. */
function readings(path) {
    return path.includes('%2F') ? [path, path.replace(ESCAPED_SLASH, '/')] : [path];
}
const IN_SEGMENT = { least: 1, without: /\// };
const IN_PARAMETER = { least: 0, without: /;/ };
/** `*` is a part of one segment; `**` is the rest of the path behind a slash, and that slash too. */
function pathMatcher(path, ignoreCase) {
    const inCase = (text) => (ignoreCase ? text.toLowerCase() : text);
    const isOpen = path.endsWith('/**');
    const fixed = inCase(isOpen ? path.slice(0, -'/**'.length) : path);
    const fits = globMatcher(fixed, () => IN_SEGMENT);
    if (!isOpen)
        return (asked) => fits(inCase(asked));
    const slashes = fixed.split('/').length;
    return (asked) => fits(inCase(asked).split('/').slice(0, slashes).join('/'));
}
function matcherOf(rule) {
    return {
        rule,
        methods: rule.method === 'GET' ? ['GET', 'HEAD'] : [rule.method],
        fits: pathMatcher(rule.path, rule.ignoreCase === true),
        query: rule.query
            ?.split('&')
            .filter((pair) => pair !== '')
            .map((pair) => globMatcher(pair, () => IN_PARAMETER)),
    };
}
/** True if every pattern has a parameter of its own, and every parameter a pattern. */
function queryFits(query, patterns) {
    const pairs = query === '' ? [] : query.slice(1).split('&');
    if (pairs.length !== patterns.length)
        return false;
    const left = [...pairs];
    return patterns.every((fits) => {
        const at = left.findIndex((pair) => fits(pair));
        if (at >= 0)
            left.splice(at, 1);
        return at >= 0;
    });
}
/** The rules of one host, prepared once. */
class HostRules {
    #matchers;
    constructor(rules) {
        this.#matchers = rules.map(matcherOf);
    }
    /**
     * The rule that decides about a request: the first one that fits. A path that servers may read in two ways must come to
     * the same rule in both.
     *
     * @returns undefined if the request may not pass
     */
    find({ method, path, query }) {
        const [first, ...others] = readings(path).map((reading) => this.#find(method, reading, query));
        if (first === undefined || first.refuse === true || others.some((other) => other !== first))
            return undefined;
        return first;
    }
    #find(method, path, query) {
        return this.#matchers.find((matcher) => matcher.methods.includes(method) &&
            matcher.fits(path) &&
            (matcher.query === undefined || queryFits(query, matcher.query)))?.rule;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/reflection.js


/** A shorter credential is a word rather than a secret (`none`, `sk-1234`), and answers may contain it by chance. */
const SHORTEST_SECRET = 8;
const reflection_NOTHING = Buffer.alloc(0);
const COOKIES = new Set(['set-cookie', 'set-cookie2']);
const HTML = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** @returns a writer that escapes characters of a JSON string as programs like to that expect it in a web page */
const inUnicode = (characters, write) => (text) => JSON.stringify(text)
    .slice(1, -1)
    .replace(characters, (one) => `\\u${write(one.charCodeAt(0).toString(16).padStart(4, '0'))}`);
/**
 * How programs write a text into an answer. A credential of letters and digits looks the same in all of them; not so one
 * in Base64, and a password.
 */
const WRITERS = [
    (text) => text,
    (text) => JSON.stringify(text).slice(1, -1),
    // PHP (json_encode)
    (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
    // .NET (System.Text.Json, JavaScriptEncoder.Default)
    inUnicode(/[+&<>'`]/g, (digits) => digits.toUpperCase()),
    // Gson (htmlSafe), and Go (encoding/json), which leaves = and ' alone
    inUnicode(/[&<>='`]/g, (digits) => digits),
    inUnicode(/[&<>]/g, (digits) => digits),
    encodeURIComponent,
    (text) => text.replace(/[&<>"']/g, (one) => HTML[one] ?? one),
];
/**
 * What a text becomes in Base64, wherever it stands in what is encoded: `user:secret` is how registries write a login. A group
 * of three octets becomes four characters. What shares a character with the text's neighbours is left out.
 */
function inBase64(text) {
    return [0, 1, 2].flatMap((before) => {
        const octets = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
        const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((octets.length * 8) / 6)];
        return ['base64', 'base64url'].map((alphabet) => octets.toString(alphabet).slice(from, to));
    });
}
/** Longer ones first: another may be a part of them. */
function formsOf(secrets, withBase64) {
    const forms = secrets.flatMap((secret) => [
        ...WRITERS.map((write) => write(secret)),
        ...(withBase64 ? inBase64(secret) : []),
    ]);
    return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
/** Masks one secret. The mask is as long as the secret, so lengths stay right. */
class Mask {
    #text;
    #secret;
    #mask;
    #onReflected;
    constructor(secret, onReflected) {
        this.#text = secret;
        this.#secret = Buffer.from(secret);
        this.#mask = '*'.repeat(secret.length);
        this.#onReflected = onReflected;
    }
    text(text) {
        if (!text.includes(this.#text))
            return text;
        this.#onReflected();
        return text.replaceAll(this.#text, this.#mask);
    }
    stream() {
        let held = reflection_NOTHING;
        return {
            pass: (chunk) => {
                const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
                const masked = this.#maskIn(data);
                const end = this.#beginningAt(data, masked);
                if (end === data.length) {
                    held = reflection_NOTHING;
                    return data;
                }
                held = data.subarray(end);
                return data.subarray(0, end);
            },
            rest: () => {
                const left = held;
                held = reflection_NOTHING;
                return left;
            },
        };
    }
    /** @returns the index after the last secret, or 0 */
    #maskIn(data) {
        const secret = this.#secret;
        let end = 0;
        for (let at = data.indexOf(secret); at >= 0; at = data.indexOf(secret, end)) {
            end = at + secret.length;
            data.write(this.#mask, at);
            this.#onReflected();
        }
        return end;
    }
    /** @returns the index of the longest end of `data` that is a beginning of the secret; the length if there is none */
    #beginningAt(data, from) {
        const secret = this.#secret;
        const first = secret[0];
        if (first === undefined)
            return data.length;
        let at = data.indexOf(first, Math.max(from, data.length - secret.length + 1));
        while (at >= 0 && data.compare(secret, 0, data.length - at, at) !== 0)
            at = data.indexOf(first, at + 1);
        return at < 0 ? data.length : at;
    }
}
const UNMASKED = { pass: (chunk) => chunk, rest: () => reflection_NOTHING };
/** @returns a mask that applies one after the other */
const chained = (first, second) => ({
    pass: (chunk) => second.pass(first.pass(chunk)),
    rest: () => Buffer.concat([second.pass(first.rest()), second.rest()]),
});
/** Keeps credentials from the client if an upstream echoes what it was sent, as debugging gateways do. */
class ReflectionGuard {
    #masks;
    #plainOnly;
    #hidesCookies;
    /**
     * @param secrets those that are too short to be one are not looked for
     * @param ways `plainOnly` is for an upstream that may repeat what it was sent, in Base64 too: compressed answers are
     *   refused, in which nothing can be found. `hidesCookies` drops cookies: a session that began with the credential is
     *   worth as much.
     * @param onReflected called when a secret is found for the first time
     */
    constructor(secrets, { plainOnly, hidesCookies }, onReflected) {
        let isKnown = false;
        const onFound = () => {
            if (!isKnown)
                onReflected();
            isKnown = true;
        };
        this.#masks = formsOf(secrets.filter((secret) => secret.length >= SHORTEST_SECRET), plainOnly).map((secret) => new Mask(secret, onFound));
        this.#plainOnly = plainOnly;
        this.#hidesCookies = hidesCookies === true;
    }
    /** @throws ProxyError 502 for an answer that cannot be searched */
    check({ rawHeaders }) {
        if (!this.#plainOnly)
            return;
        const coding = headerValue(rawHeaders, 'content-encoding') ?? 'identity';
        if (coding.toLowerCase() === 'identity')
            return;
        const message = 'The upstream compressed its answer although it was asked not to, so the api-proxy cannot see whether it ' +
            'contains the credential.';
        throw new errors/* ProxyError */.T6('upstream_compressed', message);
    }
    /** @param headers raw headers */
    headers(headers) {
        const kept = this.#hidesCookies ? withoutHeaders(headers, COOKIES) : headers;
        if (this.#masks.length === 0)
            return kept;
        return kept.map((text) => this.text(text));
    }
    text(text) {
        let masked = text;
        for (const mask of this.#masks)
            masked = mask.text(masked);
        return masked;
    }
    stream() {
        const [first = UNMASKED, ...others] = this.#masks.map((mask) => mask.stream());
        return others.reduce(chained, first);
    }
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/request/request-target.js


/**
 * Characters that a path may contain as they are: RFC 3986's `pchar` without `;`, at which some servers cut a segment.
 */
const LITERAL = "[A-Za-z0-9._~!$&'()*+,=:@-]";
const PLAIN_PATH = new RegExp(`^(?:/${LITERAL}+)*/?$`);
const LITERAL_CHARACTER = new RegExp(`^${LITERAL}$`);
const request_target_DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
/** Characters that may split a path once a server has decoded them. They are refused even when encoded. */
const STRUCTURAL = '/\\%;?#';
const refusal = (message) => new errors/* ProxyError */.T6('invalid_request_target', message);
/** RFC 3986, section 6.2.2: an escape that is not needed becomes its character, and every other one upper case. */
function decodeEscape(escape, hex, form) {
    const octet = Number.parseInt(hex, 16);
    const character = String.fromCharCode(octet);
    if (form === 'host' && (octet > 0x7f || character === '/'))
        return escape.toUpperCase();
    if (octet < 0x20 || octet > 0x7e || STRUCTURAL.includes(character)) {
        throw refusal('The path has an escaped character that is not allowed.');
    }
    return LITERAL_CHARACTER.test(character) ? character : escape.toUpperCase();
}
/**
 * The one spelling of a path: rules are applied to it, and it is what gets forwarded. Anything that a server could read
 * in two ways is refused, not repaired: empty and dot segments, backslashes, path parameters, double encoding,
 * non-ASCII. The only repair is to drop one of two leading slashes, because @google/genai 3.1.0 opens its WebSocket at
 * `//ws/`. With a single slash, nobody can take what follows for a host (RFC 3986, section 4.2).
 *
 * An escaped slash stays escaped. Some servers decode it, so the path must also be acceptable with a plain one in its
 * place, and rules must be applied to both: see `src/shared/rule-matcher.ts`.
 *
 * @param target the request target up to its `?`
 * @throws ProxyError 400
 */
function canonicalPath(target, form) {
    // RFC 9112, section 3.2.1: origin-form. The absolute form could name another host.
    if (!target.startsWith('/'))
        throw refusal('The request target must be a path that starts with a slash.');
    const path = target.startsWith('//') ? target.slice(1) : target;
    if (PLAIN_PATH.test(path) && !request_target_DOT_SEGMENT.test(path))
        return path;
    // Checked before decoding, which would turn `%2%35` into an escape.
    if (!PLAIN_PATH.test(path.replace(ESCAPE, '_'))) {
        throw refusal('The path has an empty segment or a character that is not allowed.');
    }
    const decoded = path.replace(ESCAPE, (escape, hex) => decodeEscape(escape, hex, form));
    const plain = decoded.replace(ESCAPED_SLASH, '/');
    if (request_target_DOT_SEGMENT.test(plain))
        throw refusal('The path has a dot segment.');
    if (plain.includes('//'))
        throw refusal('The path has an empty segment.');
    if (!isUtf8(decoded))
        throw refusal('The path has an escape that is not UTF-8.');
    return decoded;
}
/** False for what only a lenient decoder understands, such as a slash in two octets. */
function isUtf8(path) {
    try {
        decodeURIComponent(path);
        return true;
    }
    catch {
        return false;
    }
}
/** A parameter's name as servers read it. Like them, it leaves a malformed escape as it is. */
function parameterName(pair) {
    const name = pair.split('=', 1)[0] ?? '';
    return name.replace(ESCAPE, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
/**
 * The names of a query's parameters, including those that only a server finds which treats `;` like `&`.
 *
 * @param query what follows the `?`
 */
function parameterNames(query) {
    return query
        .split(/[&;]/)
        .filter((pair) => pair !== '')
        .map(parameterName);
}
/**
 * The values of a query's parameters with one of these names, as servers read them.
 *
 * @param query what follows the `?`
 */
function parameterValues(query, names) {
    if (query === '')
        return [];
    return [...new URLSearchParams(query.replaceAll(';', '&'))].flatMap(([name, value]) => names.has(name.replace(/\[\]$/, '')) ? [value] : []);
}
/**
 * The query without the parameters that carry a credential, otherwise byte for byte.
 *
 * @param query what follows the `?`
 * @param credentialNames names to drop, lower case; the client's spelling may differ in case and escapes
 * @returns empty, or the query with its `?`
 * @throws ProxyError 400
 */
function forwardedQuery(query, credentialNames) {
    if (!/^[!-~]*$/.test(query) || query.includes('#')) {
        throw refusal('The query has a character that is not allowed.');
    }
    if (query === '')
        return '';
    if (credentialNames.size === 0)
        return `?${query}`;
    // Some servers treat `;` like `&`, so a pair is dropped if either reading finds a credential in it.
    const carriesCredential = (pair) => parameterNames(pair).some((name) => credentialNames.has(name.toLowerCase()));
    const kept = query
        .split('&')
        .filter((pair) => !carriesCredential(pair))
        .join('&');
    return kept === '' ? '' : `?${kept}`;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/request/admission.js



const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const malformed = (message) => new errors/* ProxyError */.T6('malformed_request', message);
function methodNotAllowed() {
    const methods = [...METHODS].join(', ');
    return new errors/* ProxyError */.T6('method_not_allowed', `The api-proxy accepts only ${methods}.`, {
        headers: { allow: methods },
    });
}
/** The names that a `Connection` header lists, lower case. */
function connectionOptions(value) {
    return value
        .toLowerCase()
        .split(',')
        .map((option) => option.trim());
}
/**
 * Decides whether a request is acceptable as HTTP. Node's parser is lenient: it accepts two `Host` lines,
 * `Transfer-Encoding: gzip, chunked` and `TRACE`, so nothing here relies on it.
 *
 * @param maxHeaders header lines that a request may have
 * @throws ProxyError 400, 405, 417, 421 or 431
 */
function admit(head, { pathForm, credentialQuery, host }, maxHeaders) {
    // Node's parser also accepts HTTP/0.9 and HTTP/2.0 on a request line.
    if (head.httpVersion !== '1.1' && head.httpVersion !== '1.0') {
        throw malformed('The only versions of HTTP that the api-proxy accepts are 1.1 and 1.0.');
    }
    if (!METHODS.has(head.method))
        throw methodNotAllowed();
    if (headerCount(head.rawHeaders) > maxHeaders) {
        throw new errors/* ProxyError */.T6('head_too_large', `The request has more than ${maxHeaders} header lines.`);
    }
    const framing = new Framing(head.rawHeaders);
    framing.check(head.httpVersion);
    if (host !== null)
        framing.checkHost(host);
    const question = head.target.indexOf('?');
    return {
        method: head.method,
        path: canonicalPath(question < 0 ? head.target : head.target.slice(0, question), pathForm),
        query: question < 0 ? '' : forwardedQuery(head.target.slice(question + 1), credentialQuery),
        body: framing.chunked ? 'chunked' : (framing.length ?? 0),
        nominated: framing.nominated,
    };
}
/** The headers that decide where the request ends and what concerns this hop only. */
class Framing {
    length;
    chunked = false;
    nominated = [];
    #hosts = 0;
    #host = '';
    constructor(rawHeaders) {
        eachHeader(rawHeaders, (name, value) => {
            this.#read(name, value);
        });
    }
    #read(name, value) {
        switch (name) {
            case 'host':
                this.#hosts++;
                this.#host = value.toLowerCase();
                break;
            case 'content-length':
                // RFC 9112, section 6.3: with two lengths, one request can be smuggled inside another.
                if (this.length !== undefined)
                    throw malformed('Content-Length is given twice.');
                this.length = contentLength(value);
                break;
            case 'transfer-encoding':
                if (this.chunked || value.trim().toLowerCase() !== 'chunked') {
                    throw malformed('The only Transfer-Encoding that the api-proxy accepts is chunked.');
                }
                this.chunked = true;
                break;
            case 'connection':
                if (value !== 'keep-alive' && value !== 'close')
                    this.nominated = [...this.nominated, ...connectionOptions(value)];
                break;
            case 'expect':
                if (value.toLowerCase() !== '100-continue') {
                    throw new errors/* ProxyError */.T6('expectation_failed', 'The only Expect that the api-proxy accepts is 100-continue.');
                }
                break;
            default:
        }
    }
    /**
     * RFC 9110, section 7.4: the name in `Host` must be the one that the connection is for. Otherwise the rules of one host
     * would decide about a request that its client, or a server behind a shared front end, takes for another's.
     *
     * @throws ProxyError 421
     */
    checkHost(expected) {
        if (this.#hosts === 0 || [expected, `${expected}.`, `${expected}:443`].includes(this.#host))
            return;
        const message = `This connection is for ${expected}, and its Host header names another host.`;
        throw new errors/* ProxyError */.T6('misdirected_request', message, { headers: { connection: 'close' } });
    }
    check(httpVersion) {
        // RFC 9112, section 3.2: exactly one Host, except in HTTP/1.0, which had none.
        if (this.#hosts > 1 || (this.#hosts === 0 && httpVersion !== '1.0')) {
            throw malformed('There must be exactly one Host.');
        }
        if (this.chunked && this.length !== undefined) {
            throw malformed('Content-Length and Transfer-Encoding exclude each other.');
        }
        if (this.chunked && httpVersion === '1.0')
            throw malformed('HTTP/1.0 has no Transfer-Encoding.');
    }
}
function contentLength(value) {
    const length = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(length))
        throw malformed('Content-Length is not a length.');
    return length;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/request/headers.js





/** Request headers that are forwarded to every provider; a trailing `*` matches any ending. */
const COMMON_REQUEST_HEADERS = [
    'accept',
    'accept-encoding',
    'accept-language',
    'cache-control',
    'content-encoding',
    'content-language',
    'content-type',
    'idempotency-key',
    'traceparent',
    'tracestate',
    'user-agent',
    'x-client-request-id',
    'x-request-id',
    'x-stainless-*',
];
/** RFC 9110, section 7.6.1, and the older names that proxies still meet. */
const HOP_BY_HOP = new Set([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authentication-info',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
]);
/** Whatever prefix a list allows, a header with such a name may carry a credential and is never forwarded. */
const CREDENTIAL_NAME = /(?:^|[-_])(?:api[-_]?key|auth|authori[sz]ation|token|secret|cookie|credentials?|password)$/;
/**
 * The same for a host whose clients send any header: `X-Auth-Key`, `X-RapidAPI-Key`, `X-Functions-Key` and the like, and
 * Artifactory's own.
 */
const HOST_CREDENTIAL_NAME = /^x-jfrog-art-api$|(?<!idempotency)-key$/;
/** What the sidecar composes itself, and the handshake of a WebSocket, which is checked on its own. */
const FRAMING = new Set([
    'host',
    'content-length',
    'expect',
    'http2-settings',
    'sec-websocket-accept',
    'sec-websocket-extensions',
    'sec-websocket-key',
    'sec-websocket-protocol',
    'sec-websocket-version',
]);
const NO_BODY_METHODS = new Set(['GET', 'HEAD', 'DELETE']);
/**
 * Headers that some servers believe more than the request line or `Host`, so rules would decide about one request and the
 * server about another. Via and the like tell of proxies that the client cannot speak for.
 */
const OVERRIDES = /^(?:x-forwarded-.*|forwarded|via|x-real-ip|x-(?:original|rewrite)-.*|x-host|x-http-(?:host|method|path).*|.*method-override|front-end-https)$/;
/** @param plainOnly asks for answers that are not compressed */
function headerRules({ requestHeaders }, { credential, injection }, plainOnly) {
    const { header, prefix, defaults, entries, ids } = injection;
    const isListed = nameMatcher([...COMMON_REQUEST_HEADERS, ...requestHeaders]);
    return {
        passes: (name) => isListed(name) && name !== header && !CREDENTIAL_NAME.test(name) && !(plainOnly && name === 'accept-encoding'),
        injected: [header, `${prefix}${credential}`],
        defaults: [
            ...Object.entries(defaults),
            ...ids.map((name) => [name, (0,external_node_crypto_.randomUUID)()]),
            ...(plainOnly ? [['accept-encoding', 'identity']] : []),
        ],
        entries: Object.entries(entries),
    };
}
/**
 * The rules of a host that is no provider's. Its clients send headers that no list could name, so all pass that carry no
 * credential and override nothing.
 *
 * @param injected header with the credential
 * @param plainOnly asks for answers that are not compressed
 */
function hostHeaderRules(injected, plainOnly) {
    return {
        passes: (name) => !FRAMING.has(name) &&
            !HOP_BY_HOP.has(name) &&
            !CREDENTIAL_NAME.test(name) &&
            !HOST_CREDENTIAL_NAME.test(name) &&
            !OVERRIDES.test(name) &&
            name !== injected?.[0] &&
            !(plainOnly && name === 'accept-encoding'),
        injected,
        defaults: plainOnly ? [['accept-encoding', 'identity']] : [],
        entries: [],
    };
}
/**
 * Composes the headers of the upstream request anew. Of the client's headers only listed ones are taken, and none that
 * its `Connection` header nominates. Framing, defaults and the credential come after that, so no nomination can remove
 * them.
 *
 * @param host the target's authority
 * @returns raw headers, names in lower case
 */
function upstreamRequestHeaders(rawHeaders, request, rules, host) {
    const headers = ['host', host];
    eachHeader(rawHeaders, (name, value) => {
        if (rules.passes(name) && !request.nominated.includes(name))
            headers.push(name, value);
    });
    for (const [name, value] of rules.defaults) {
        if (headerValue(headers, name) === undefined)
            headers.push(name, value);
    }
    for (const [name, entry] of rules.entries)
        addEntry(headers, name, entry);
    if (request.body === 'chunked')
        headers.push('transfer-encoding', 'chunked');
    else if (request.body > 0 || !NO_BODY_METHODS.has(request.method)) {
        headers.push('content-length', String(request.body));
    }
    if (rules.injected)
        headers.push(rules.injected[0], rules.injected[1]);
    return headers;
}
/** RFC 9110, section 5.3: the lines of a list are one list. */
function addEntry(headers, name, entry) {
    const entries = headerValues(headers, name).flatMap((value) => value.split(',').map((one) => one.trim()));
    if (entries.includes(entry))
        return;
    const at = headers.findIndex((one, index) => index % 2 === 0 && one === name);
    if (at === -1)
        headers.push(name, entry);
    else
        headers[at + 1] = `${headers[at + 1] ?? ''},${entry}`;
}
/** What {@link upstreamRequestHeaders} does to the client's headers. Only names are told: any value may be a secret. */
function headerChanges(rawHeaders, { nominated }, { passes, injected, defaults, entries }) {
    const names = headerNames(rawHeaders);
    const isKept = (name) => passes(name) && !nominated.includes(name);
    const added = defaults.map(([name]) => name).filter((name) => !names.includes(name) || !isKept(name));
    const extended = entries.map(([name]) => name);
    return {
        stripped: names.filter((name) => !isKept(name)),
        injected: [...added, ...extended, ...(injected ? [injected[0]] : [])],
    };
}
/**
 * The headers of the answer: the upstream's, in its order and spelling and with duplicates, without those that concern
 * only its own hop.
 *
 * @throws ProxyError 502 if the body has a transfer coding other than chunked, which nobody asked for
 */
function clientResponseHeaders(rawHeaders) {
    const headers = [];
    const nominated = [];
    eachHeader(rawHeaders, (name, value, spelling) => {
        if (!HOP_BY_HOP.has(name)) {
            headers.push(spelling, value);
        }
        else if (name === 'connection' && value.toLowerCase() !== 'keep-alive' && value.toLowerCase() !== 'close') {
            nominated.push(...connectionOptions(value));
        }
        else if (name === 'transfer-encoding' && value.toLowerCase() !== 'chunked') {
            throw new errors/* ProxyError */.T6('upstream_bad_response', 'The provider answered with an unknown Transfer-Encoding.');
        }
    });
    if (nominated.length === 0)
        return headers;
    // A hop must not withdraw the length: without it, a truncated answer would look complete.
    return withoutHeaders(headers, new Set(nominated.filter((name) => name !== 'content-length')));
}
/**
 * The trailers of the answer, under the same rules as its headers, and without a length: RFC 9110, section 6.5.1,
 * forbids trailers that change the framing. The `Trailer` header that announces them concerns its own hop; Node treats
 * it so too.
 *
 * @returns raw headers
 */
function clientResponseTrailers({ rawHeaders, rawTrailers }) {
    if (rawTrailers.length === 0)
        return [];
    const nominated = headerValues(rawHeaders, 'connection').flatMap(connectionOptions);
    return withoutHeaders(rawTrailers, new Set([...HOP_BY_HOP, ...nominated, 'content-length']));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/service.js
/** An error as JSON. */
const jsonAnswer = (value) => ({
    contentType: 'application/json; charset=utf-8',
    body: Buffer.from(JSON.stringify(value)),
});

;// CONCATENATED MODULE: external "node:http"
const external_node_http_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http");
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
;// CONCATENATED MODULE: external "node:tls"
const external_node_tls_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:tls");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/upstream/tunnel.js





/** Puts an IPv6 address in brackets. */
const bracketed = (host) => ((0,external_node_net_namespaceObject.isIP)(host) === 6 ? `[${host}]` : host);
/** RFC 9110, section 7.2: the port is left out if it is the scheme's default. */
function authorityOf(target) {
    return target.port === 443 ? bracketed(target.host) : `${bracketed(target.host)}:${target.port}`;
}
function refusedByFirewall({ owner, target }, detail) {
    const place = `${target.host}:${target.port}`;
    return new errors/* ProxyError */.T6('target_not_allowed', `The firewall refused ${place}, the target of ${owner.name}. Add this line to allow-domains: ${target.host}\n` +
        'If the line is there already, the name resolves to a private address: allow that one with add-hosts.', { detail, headers: errors/* NO_RETRY */.PE });
}
/**
 * The network's own proxy looks names up and asks for credentials; Squid passes its answer on.
 *
 * @see RFC 9110, section 15.5.8
 */
function refusedByNetwork({ target }, status, detail) {
    const message = status === 407
        ? "The network's own proxy does not accept the credential (407). Check the user name and the password in upstream-proxy."
        : `The network's own proxy (upstream-proxy) refused ${target.host}:${target.port} (403). Ask whoever runs it.`;
    return new errors/* ProxyError */.T6('upstream_proxy_refused', message, { detail, headers: errors/* NO_RETRY */.PE });
}
/** The names of AWF's own pages. A proxy behind Squid may be a Squid too, and has the usual ones. */
const OWN_PAGE = 'ERR_AWF_';
/** Squid's header for the reason, such as `ERR_CONNECT_FAIL 110`. The number is the system's error. */
const SQUID_REASON = /^(?<reason>[A-Z_]+)(?: (?<errno>\d+))?/;
const ETIMEDOUT = String(external_node_os_namespaceObject.constants.errno.ETIMEDOUT);
/** Detail of a failure that took all the time there was, so that nobody waits for a second one. */
const TIMED_OUT = 'ETIMEDOUT';
function connectFailure(options, answer) {
    const { reason, errno } = SQUID_REASON.exec(String(answer.headers['x-squid-error'] ?? ''))?.groups ?? {};
    const cause = [reason, errno === '0' ? undefined : errno].filter((part) => part !== undefined);
    const detail = ['CONNECT', answer.statusCode ?? 0, ...cause].join(' ');
    if (answer.statusCode === 403 && reason?.startsWith(OWN_PAGE) === true)
        return refusedByFirewall(options, detail);
    if (answer.statusCode === 403 || answer.statusCode === 407) {
        return refusedByNetwork(options, answer.statusCode, detail);
    }
    const { host } = options.target;
    if (reason === 'ERR_DNS_FAIL') {
        const message = `The name ${host} has no address: ${options.owner.setting} or the DNS may be wrong.`;
        return new errors/* ProxyError */.T6('upstream_dns_error', message, { detail });
    }
    if (answer.statusCode === 504 || (reason === 'ERR_CONNECT_FAIL' && errno === ETIMEDOUT)) {
        return connectTimeout(host, detail);
    }
    return new errors/* ProxyError */.T6('upstream_unreachable', `The firewall could not reach ${host} (${detail}).`, { detail });
}
const connectTimeout = (host, detail) => new errors/* ProxyError */.T6('upstream_connect_timeout', `${host} did not accept a connection in time, or its name was not resolved in time.`, detail === undefined ? {} : { detail });
function noSquid(cause) {
    const detail = cause ? (0,errors/* errorCode */.CA)(cause) : TIMED_OUT;
    return new errors/* ProxyError */.T6('proxy_unreachable', `The firewall's Squid did not answer (${detail}).`, { cause, detail });
}
function tlsFailure({ target }, cause) {
    const detail = (0,errors/* errorCode */.CA)(cause);
    // The system's errors, such as a reset. Verdicts on a certificate have OpenSSL's X509_V_ERR names or Node's own.
    if (/^E[A-Z]+$/.test(detail)) {
        // Unlike `upstream_closed`, this code tells that the upstream got nothing of the request.
        const message = `${target.host} closed the connection during the TLS handshake.`;
        return new errors/* ProxyError */.T6('upstream_handshake_closed', message, { cause, detail });
    }
    const message = `The TLS handshake with ${target.host} failed: ${detail}. ` +
        'If its certificate is signed by a private CA, set upstream-ca.';
    return new errors/* ProxyError */.T6('upstream_tls_error', message, { cause, detail, headers: errors/* NO_RETRY */.PE });
}
/**
 * Opens a TLS connection to the target through Squid's `CONNECT`.
 *
 * @throws ProxyError 403 if Squid refuses the target, 502 if it cannot be reached, 504 if it takes too long
 */
function openTunnel(options) {
    const { proxy, target, trust } = options;
    const authority = `${bracketed(target.host)}:${target.port}`;
    return new Promise((resolve, reject) => {
        let secured;
        const connect = (0,external_node_http_namespaceObject.request)({
            host: proxy.hostname.replace(/^\[|\]$/g, ''),
            port: proxy.port === '' ? 80 : Number(proxy.port),
            method: 'CONNECT',
            path: authority,
            headers: { host: authority },
            agent: false,
        });
        const fail = (error) => {
            clearTimeout(timer);
            connect.destroy();
            secured?.destroy();
            reject(error);
        };
        const timer = setTimeout(() => {
            fail(connect.socket?.connecting === false ? connectTimeout(target.host) : noSquid());
        }, options.timeoutMs);
        connect.on('error', (cause) => {
            fail(noSquid(cause));
        });
        connect.on('connect', (answer, socket, head) => {
            // The TLS socket's events tell its user about errors. This listener only keeps them from being unhandled here.
            socket.on('error', () => undefined);
            if (answer.statusCode !== 200 || head.length > 0) {
                socket.destroy();
                fail(connectFailure(options, answer));
                return;
            }
            socket.setNoDelay(true);
            const named = (0,external_node_net_namespaceObject.isIP)(target.host) === 0 ? { servername: target.host } : {};
            secured = (0,external_node_tls_namespaceObject.connect)({
                socket,
                host: target.host,
                ...named,
                secureContext: trust(),
                ALPNProtocols: ['http/1.1'],
            });
            secured.on('error', (cause) => {
                fail(tlsFailure(options, cause));
            });
            secured.on('secureConnect', () => {
                clearTimeout(timer);
                if (secured)
                    resolve(secured);
            });
        });
        connect.end();
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/hosts/host-service.js







/**
 * Query parameters in which APIs take a credential. Not `token`, `key` and `sig`: signed URLs have those, and they are
 * worth nothing for anything but the URL.
 */
const CREDENTIAL_QUERY = new Set([
    ...['access_token', 'private_token', 'job_token', 'oauth_token', 'auth_token', 'api_key', 'apikey', 'api-key'],
    ...['client_secret', 'password'],
]);
/** Characters of a path in a message. */
const SHOWN = 500;
/** A host with rules: it is no provider's. */
class HostService {
    provider = null;
    host;
    pathForm = 'host';
    credentialQuery = CREDENTIAL_QUERY;
    // Packages and pushes are as large as they are, and nothing of them is kept.
    maxBodyBytes = Number.MAX_SAFE_INTEGER;
    // Any of them may be a key.
    subprotocols = [];
    #option;
    #rules;
    #bodies;
    /** By the index of the credential; the last one has none. */
    #routes;
    /** @param graphql needed if a rule is about GraphQL */
    constructor(host, agent, log, graphql) {
        const { name, rules, option, credentials, echoesNothing } = host;
        const target = { host: name, port: 443, basePath: '' };
        const secrets = credentials.flatMap((credential) => credential.secrets);
        const plainOnly = secrets.length > 0 && echoesNothing !== true;
        const guard = new ReflectionGuard(secrets, { plainOnly, hidesCookies: secrets.length > 0 }, () => {
            log.event('warn', 'credential-reflected', { host: name });
        });
        const routeFor = (credential) => ({
            ...{ target, agent, guard, authority: authorityOf(target) },
            upstreamPath: (path) => credential?.path ?? path,
            rules: hostHeaderRules(credential?.header ? [credential.header, credential.value] : undefined, plainOnly),
        });
        this.host = name;
        this.#option = option;
        this.#rules = new HostRules(rules);
        this.#bodies = new BodyRules(rules, graphql);
        this.#routes = [...credentials.map(routeFor), routeFor()];
    }
    answer() {
        return false;
    }
    decide(asked, client, isUpgrade) {
        const request = isUpgrade ? { ...asked, method: 'WEBSOCKET' } : asked;
        const rule = this.#rules.find(request);
        const route = rule && this.#routes.at(rule.credential ?? -1);
        if (!rule || !route)
            throw this.#notAllowed(request);
        const judge = this.#bodies.admit(rule, asked, client.rawHeaders);
        return { admitted: asked, route, judge, usage: undefined, spending: undefined, rule: rule.source };
    }
    #notAllowed({ method, path }) {
        const raise = this.#option === undefined ? '' : `raise ${this.#option}, or `;
        const asked = (0,errors/* printable */.g$)(path, SHOWN);
        const message = `${method} ${asked} is not among the requests that this run may send to ${this.host}. ` +
            `If the workflow needs it, its author can ${raise}add this line to host-rules: ${this.host} ${method} ${asked}`;
        return new errors/* ProxyError */.T6('request_not_allowed', message, { headers: errors/* NO_RETRY */.PE });
    }
    errorAnswer({ code, message }, userAgent) {
        // git prints the text of an error, and nothing else. (git 2.39, http.c: show_http_message)
        if (userAgent?.startsWith('git/') === true) {
            return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(`${message}\n`) };
        }
        // gh shows `message`, npm shows `error`.
        return jsonAnswer({ message, error: message, code });
    }
}

;// CONCATENATED MODULE: external "node:events"
const external_node_events_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:events");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/listen.js

/** @param port 0 for a free one @returns the port @throws Error if it cannot be listened on */
async function listen(server, port, host) {
    // With a host, even `0.0.0.0`, Node would load its resolver, which takes a megabyte.
    server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1024 });
    await (0,external_node_events_namespaceObject.once)(server, 'listening');
    return server.address().port;
}

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __nccwpck_require__(500);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/connection.js

const connections = new WeakMap();
/** What a client's connection is busy with. HTTP/1.1 allows several requests in a row; we take one at a time. */
class Connection {
    /** Undefined until the first request. */
    answer;
    /** The exchange in progress. Undefined if the request did not get that far. */
    forwarding;
    /** It ends with a refusal. That one may still wait in a queue, and its packet may have brought more requests. */
    isDoomed = false;
    static of(socket) {
        const known = connections.get(socket);
        if (known)
            return known;
        const connection = new Connection();
        connections.set(socket, connection);
        return connection;
    }
    get isBusy() {
        return this.isDoomed || this.answer?.writableFinished === false;
    }
    /** Begins with the next request. @throws ProxyError 400 if the one before it is not answered yet */
    begin(answer) {
        // An answer that queues behind another has no socket, so no event would tell that its client has left.
        if (this.isBusy)
            throw new errors/* ProxyError */.T6('pipelining', 'Send the next request when the answer has arrived.');
        this.answer = answer;
        this.forwarding = undefined;
    }
}
const prepared = new WeakSet();
/** For the parser, a number that it does not know is an error: it stops where it is. */
const STOP = -1;
/**
 * Stops the parser of a connection once it ends with a refusal. Left to itself, Node makes objects for each request that has
 * arrived, two thousand of them in one read, and keeps them until the connection is closed: a few hundred connections
 * would use up the memory. `destroy` and the parser's own `pause` take effect only after everything that was read.
 *
 * @throws Error if this version of Node has no such parser
 */
function stopAtRefusal(socket) {
    const { parser } = socket;
    const index = parser?.constructor.kOnHeadersComplete;
    const original = index === undefined ? undefined : parser?.[index];
    if (parser === undefined || index === undefined || original === undefined) {
        throw new Error('Node has no parser of this kind.');
    }
    if (prepared.has(parser))
        return;
    prepared.add(parser);
    parser[index] = function (...args) {
        return Connection.of(this.socket).isDoomed ? STOP : original.apply(this, args);
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/client-server.js


/** Node's HTTP server with our limits, and without the leniency that would hide something from admission. */
function createClientServer(limits) {
    const server = (0,external_node_http_namespaceObject.createServer)({
        maxHeaderSize: limits.headBytes,
        headersTimeout: limits.headTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: limits.keepAliveMs,
        connectionsCheckingInterval: limits.checkIntervalMs,
        // Admission checks it, and its refusal has the provider's shape and a line in the log.
        requireHostHeader: false,
        // RFC 9110, section 7.8: a server may ignore an upgrade. Java's HTTP client offers h2c with every first request.
        // HTTP/1.0 has no upgrades.
        shouldUpgradeCallback: ({ headers, httpVersion }) => httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket',
    });
    // Node silently drops headers beyond its own limit. Admission counts them.
    server.maxHeadersCount = 0;
    server.maxConnections = limits.connections;
    // Ends a client that stops reading its answer. Longer than any silence that an upstream is allowed.
    server.timeout = limits.upstreamIdleMs + limits.connectTimeoutMs;
    return server;
}
/** For a server without errors of its own shape: nothing is read behind the request whose answer ends the connection. */
function createPlainServer(limits) {
    const server = createClientServer(limits);
    server.on('connection', stopAtRefusal);
    server.on('clientError', (_, socket) => {
        // Its answer is on its way, and ends the connection.
        if (Connection.of(socket).isDoomed)
            return;
        if (socket.writable)
            socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        else
            socket.destroy();
    });
    return server;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/interim.js



/**
 * Passes an interim answer on (1xx, for example `103 Early Hints`), as RFC 9110, section 15.2, requires of a proxy.
 * HTTP/1.0 has no such thing. A client that does not read its connection gets no more of them: they must not pile up
 * here.
 */
function passInterim({ statusCode, statusMessage, rawHeaders }, { httpVersion, socket }, answer, guard) {
    if (answer.headersSent || httpVersion === '1.0' || socket.writableNeedDrain)
        return;
    const lines = headerPairs(guard.headers(clientResponseHeaders(rawHeaders))).map(([name, value]) => {
        (0,external_node_http_namespaceObject.validateHeaderValue)(name, value);
        return `${name}: ${value}`;
    });
    (0,external_node_http_namespaceObject.validateHeaderValue)('reason', statusMessage);
    // Not writeEarlyHints: it knows only one status and one header, and writes names in lower case.
    const head = [`HTTP/1.1 ${statusCode} ${guard.text(statusMessage)}`, ...lines, '', ''];
    socket.write(head.join('\r\n'), 'latin1');
}

// EXTERNAL MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/log.js + 2 modules
var log = __nccwpck_require__(101);
// EXTERNAL MODULE: ./node_modules/.cache/awf-build/src/shared/request-record.js
var request_record = __nccwpck_require__(509);
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/reply.js



function errorHeaders(error, { contentType, body }, close) {
    return {
        'content-type': contentType,
        'content-length': String(body.length),
        'cache-control': 'no-store',
        ...(close ? { connection: 'close' } : {}),
        ...error.headers,
    };
}
const answerTo = (service, { status, code, message }, client) => service.errorAnswer({ status, code, message }, client?.headers['user-agent']);
const hasUnreadBody = ({ complete, headers }) => !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0');
/**
 * After a malformed request or an unread body, nobody knows where the next request begins (RFC 9112, section 6.3).
 */
const endsConnection = (request, error) => request_record/* ERROR_STATUS */.E[error.code] === 400 || hasUnreadBody(request);
/**
 * Answers with an error of the sidecar's own.
 *
 * If the rest of the request's body is not wanted, the connection ends with this answer, but not at once: closing a
 * socket with unread data resets it, and the client would lose the answer that explains the close (RFC 9112,
 * section 9.6). So the answer is sent in full, and the connection stays open for up to `lingerMs` while the rest of the
 * body is discarded.
 *
 * @returns the length of the body in octets
 */
function reply_refuse(service, request, answer, error, lingerMs) {
    const own = answerTo(service, error, request);
    const { body } = own;
    const linger = hasUnreadBody(request);
    // With a reason of its own: that of an upstream may be the error, and Node would take it again.
    const headers = errorHeaders(error, own, endsConnection(request, error));
    answer.writeHead(error.status, external_node_http_namespaceObject.STATUS_CODES[error.status] ?? '', headers);
    if (!linger) {
        answer.end(body);
        return body.length;
    }
    answer.write(body);
    const end = () => {
        answer.end();
    };
    const timer = setTimeout(end, lingerMs);
    answer.once('close', () => {
        clearTimeout(timer);
    });
    request.once('end', end);
    request.resume();
    return body.length;
}
/** Like {@link refuse}, for a connection that the HTTP server has handed over or given up. */
function refuseRaw(service, socket, error, lingerMs) {
    const own = answerTo(service, error);
    const headers = errorHeaders(error, own, true);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const reason = external_node_http_namespaceObject.STATUS_CODES[error.status] ?? '';
    socket.on('error', () => undefined);
    socket.end([`HTTP/1.1 ${error.status} ${reason}`, ...lines, '', own.body.toString()].join('\r\n'));
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => {
        clearTimeout(timer);
    });
    socket.resume();
}
/**
 * An answer for a connection that the HTTP server has handed over because its client wants another protocol. Unless
 * that is agreed on, the connection ends with the answer. It also ends if the client sends anything before the answer
 * (RFC 6455, section 4.1).
 */
function handedOver(client, socket) {
    const end = () => socket.destroy();
    socket
        .on('error', () => undefined)
        .on('data', end)
        .on('end', end);
    const answer = new external_node_http_namespaceObject.ServerResponse(client);
    answer.shouldKeepAlive = false;
    answer.assignSocket(socket);
    answer.once('finish', () => {
        socket.destroySoon();
    });
    return answer;
}
/**
 * Tells which model to set, as lines of `NAME=value`; nothing if there is none to choose, or none is known in time.
 *
 * @param limitMs the command waits for the answer
 */
async function answerModelChoice(choice, limitMs, answer) {
    const known = await Promise.race([choice, (0,promises_.setTimeout)(limitMs, undefined, { ref: false })]);
    const lines = Object.entries(known ?? {}).map(([name, value]) => `${name}=${value}\n`);
    answer.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    answer.end(lines.join(''));
}
/** Tells that the port is served and whether its provider is configured, but nothing about how. */
function answerHealth(provider, configured, answer) {
    const body = JSON.stringify({ status: 'ok', provider, configured });
    answer.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
    });
    answer.end(body);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/flow.js
/**
 * Octets after which a stream gives the others a turn. Otherwise Node reads up to two megabytes of one socket in a row
 * (32 reads of 64 KiB), and an event of another stream waits for all of it.
 */
const SHARE = 128 * 1024;
/** Writes what comes from a source, no faster than the sink takes it and the other streams allow. */
class Flow {
    #source;
    #sink;
    #taken = 0;
    constructor(source, sink) {
        this.#source = source;
        this.#sink = sink;
    }
    /** Call this with each chunk that the source emits. */
    write(chunk) {
        this.#taken += chunk.length;
        if (!this.#sink.write(chunk)) {
            this.#source.pause();
            this.#sink.once('drain', () => {
                this.#resume();
            });
        }
        else if (this.#taken >= SHARE) {
            this.#source.pause();
            this.#resume();
        }
    }
    #resume() {
        if (this.#taken < SHARE) {
            this.#source.resume();
            return;
        }
        this.#taken = 0;
        setImmediate(() => {
            this.#source.resume();
        });
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/return-body.js



/** Streams the body of an answer and its trailers to the client as they arrive, with the credential masked. */
class ReturnBody {
    #response;
    #exchange;
    #guard;
    #fail;
    #mask;
    #flow;
    /** In octets; undefined if the answer's head does not tell it. */
    #length;
    #isGathering = false;
    /** @param fail called if the answer breaks off */
    constructor(response, exchange, guard, fail) {
        const length = headerValue(response.rawHeaders, 'content-length');
        this.#response = response;
        this.#exchange = exchange;
        this.#guard = guard;
        this.#fail = fail;
        this.#mask = guard.stream();
        this.#flow = new Flow(response, exchange.answer);
        this.#length = length === undefined ? undefined : Number(length);
    }
    start() {
        const { answer, record } = this.#exchange;
        this.#response.on('data', (chunk) => {
            this.#onData(chunk);
        });
        this.#response.on('end', () => {
            this.#onEnd();
        });
        this.#response.on('error', (error) => {
            this.#fail(error);
        });
        // The head must not wait for the first octet of the body, which may take minutes. Most often that octet is there by
        // the next turn of the event loop, and both leave in one packet. flushHeaders would turn octets above 127 into
        // UTF-8.
        setImmediate(() => {
            if (!answer.writableEnded && record.responseBytes === 0)
                answer.write('', 'latin1');
        });
    }
    #onData(chunk) {
        const { answer, record, usage } = this.#exchange;
        record.responseBytes += chunk.length;
        usage?.keep(chunk);
        const masked = this.#mask.pass(chunk);
        // Ending with the last octets saves a separate write to the system.
        if (record.responseBytes === this.#length) {
            const rest = this.#mask.rest();
            answer.end(rest.length === 0 ? masked : Buffer.concat([masked, rest]));
        }
        else if (masked.length > 0) {
            this.#gather();
            this.#flow.write(masked);
        }
    }
    /**
     * Every TLS record arrives as a chunk, and every chunk would be a write to the system. What arrived in one packet
     * leaves in one, at the end of this turn of the event loop.
     */
    #gather() {
        if (this.#isGathering)
            return;
        this.#isGathering = true;
        const { client, usage } = this.#exchange;
        client.socket.cork();
        setImmediate(() => {
            this.#isGathering = false;
            client.socket.uncork();
            usage?.catchUp();
        });
    }
    #onEnd() {
        const { answer } = this.#exchange;
        if (answer.writableEnded)
            return;
        try {
            // Node sends trailers with a chunked answer and forgets them otherwise: HTTP/1.0 has none.
            answer.addTrailers(headerPairs(this.#guard.headers(clientResponseTrailers(this.#response))));
            answer.end(this.#mask.rest());
        }
        catch (error) {
            this.#fail(error);
        }
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/held-body.js
/** Octets that a body's memory begins with, if its length is not known. */
const FIRST = 4 * 1024;
const held_body_NOTHING = Buffer.alloc(0);
/**
 * A body that waits for its verdict. It is in one piece: a client that sends single octets, or chunks of one octet, would
 * otherwise make us keep an object of several hundred octets for each.
 */
class HeldBody {
    #capacity;
    #expected;
    #octets = held_body_NOTHING;
    #length = 0;
    /** @param expected octets of the whole body, for which its first chunk makes room; 0 if it is to grow as it comes */
    constructor(capacity, expected) {
        this.#capacity = capacity;
        this.#expected = expected;
    }
    get isEmpty() {
        return this.#length === 0;
    }
    /** @returns false if all bodies together would take too much memory; the chunk is not kept then */
    push(chunk) {
        const length = this.#length + chunk.length;
        if (length > this.#octets.length && !this.#grow(length))
            return false;
        chunk.copy(this.#octets, this.#length);
        this.#length = length;
        return true;
    }
    #grow(needed) {
        const octets = Math.max(needed, this.#expected || FIRST, 2 * this.#octets.length);
        if (!this.#capacity.hold(octets - this.#octets.length))
            return false;
        const grown = Buffer.allocUnsafeSlow(octets);
        this.#octets.copy(grown, 0, 0, this.#length);
        this.#octets = grown;
        return true;
    }
    get octets() {
        return this.#octets.subarray(0, this.#length);
    }
    /** Its memory no longer counts. */
    release() {
        this.#capacity.release(this.#octets.length);
        this.#octets = held_body_NOTHING;
        this.#length = 0;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/judge.js
/**
 * Octets of a body that a judge needs as a whole. GitHub's largest are the 64 KB of a comment, and a review has several; a
 * commit made with GraphQL has its files.
 */
const MAX_WHOLE_BYTES = 1024 * 1024;

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/send-body.js




/**
 * Octets of a body that is judged as a whole before anything of it is sent. A longer one, and one that does not declare
 * its length, is judged as it passes: if it is refused, its connection ends before it does, so the provider never gets a
 * complete request.
 */
const JUDGED_FIRST = 64 * 1024;
const send_body_NOTHING = Buffer.alloc(0);
/** Octets that a body may have. */
const bodyLimit = ({ maxBodyBytes }, judge) => judge?.needsWhole === true ? Math.min(maxBodyBytes, MAX_WHOLE_BYTES) : maxBodyBytes;
const bodyTooLarge = (maxBodyBytes) => new errors/* ProxyError */.T6('body_too_large', `The request body is larger than the limit of ${maxBodyBytes} bytes.`);
/** Streams the body of a request upstream as it arrives, up to the limit, if its judge lets it pass. */
class SendBody {
    #exchange;
    #upstream;
    #declared;
    #fail;
    #flow;
    #judgement;
    /** What waits for the verdict; undefined once the body streams. */
    #waiting;
    #isRefused = false;
    /**
     * @param declared length that the request's head declares
     * @param fail called if the body is refused
     */
    constructor(exchange, upstream, declared, fail) {
        this.#exchange = exchange;
        this.#upstream = upstream;
        this.#declared = declared;
        this.#fail = fail;
        this.#flow = new Flow(exchange.client, upstream);
        const { judge } = exchange;
        if (!judge)
            return;
        this.#judgement = judge.begin('request body');
        const isShort = declared !== 'chunked' && declared <= JUDGED_FIRST;
        if (judge.needsWhole || isShort)
            this.#waiting = new HeldBody(exchange.capacity, isShort ? declared : 0);
    }
    start() {
        const { client, answer } = this.#exchange;
        client.on('data', (chunk) => {
            this.#onData(chunk);
        });
        client.on('end', () => {
            if (!this.#upstream.destroyed && !this.#upstream.writableEnded)
                this.#end();
        });
        // If the answer was complete before the request, the rest of the request is read and discarded: the client may go
        // on using its connection.
        answer.on('finish', () => {
            if (this.#upstream.writableEnded)
                return;
            this.#upstream.destroy();
            client.resume();
        });
    }
    #onData(chunk) {
        const { record, service, usage, judge } = this.#exchange;
        const maxBodyBytes = bodyLimit(service, judge);
        record.requestBytes += chunk.length;
        // Counted in any case: a chunked body does not declare its length.
        if (record.requestBytes > maxBodyBytes)
            this.#refuse(bodyTooLarge(maxBodyBytes));
        else if (!this.#upstream.destroyed && !this.#isRefused && this.#passes(chunk)) {
            this.#send(chunk);
            usage?.ask(chunk);
        }
    }
    #send(chunk) {
        // Ending with the last octets saves a separate write to the system.
        const isLast = this.#exchange.record.requestBytes === this.#declared;
        if (isLast && this.#waiting?.isEmpty !== false)
            this.#end(chunk);
        else if (this.#waiting)
            this.#wait(this.#waiting, chunk, isLast);
        else
            this.#flow.write(chunk);
    }
    #wait(waiting, chunk, isLast) {
        const { answer, judge } = this.#exchange;
        if (waiting.isEmpty) {
            answer.once('close', () => {
                this.#stopWaiting();
            });
        }
        if (waiting.push(chunk)) {
            if (isLast)
                this.#end();
        }
        else if (judge?.needsWhole === true) {
            this.#refuse((0,errors/* tooManyRequests */.YD)());
        }
        else {
            // Without room for it, a short one is judged as it passes, like a longer one. Nothing of it waits yet: the room is
            // for all of it.
            this.#stopWaiting();
            this.#flow.write(chunk);
        }
    }
    /** @param last octets that have not been sent and do not wait; none if others wait */
    #end(last = send_body_NOTHING) {
        if (this.#isRefused)
            return;
        const verdict = this.#attempt(() => {
            const rest = this.#waiting?.isEmpty === false ? this.#waiting.octets : last;
            return { rest: this.#judgement?.end(rest) ?? rest };
        });
        if (!verdict)
            return;
        this.#stopWaiting();
        if (verdict.rest.length === 0)
            this.#upstream.end();
        else
            this.#upstream.end(verdict.rest);
    }
    #stopWaiting() {
        this.#waiting?.release();
        this.#waiting = undefined;
    }
    #passes(chunk) {
        return this.#attempt(() => ({ pushed: this.#judgement?.push(chunk) })) !== undefined;
    }
    /** @returns undefined if it threw, and the body was refused for that reason */
    #attempt(work) {
        try {
            return work();
        }
        catch (error) {
            this.#refuse((0,errors/* asProxyError */.nU)(error));
            return undefined;
        }
    }
    #refuse(error) {
        const { client, answer, record, spending } = this.#exchange;
        this.#isRefused = true;
        if (answer.writableEnded) {
            client.socket.destroy();
            return;
        }
        if (this.#waiting) {
            // Nothing was sent.
            record.forwarded = false;
            record.requests = 0;
            spending?.giveBack();
        }
        this.#stopWaiting();
        this.#fail(error);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/websocket/handshake.js




/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Sixteen octets in Base64: RFC 6455, section 4.2.1. */
const handshake_KEY = /^[A-Za-z0-9+/]{22}==$/;
const listEntries = (values) => values
    .flatMap((value) => value.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
const handshake_malformed = (message) => new errors/* ProxyError */.T6('malformed_request', message);
/**
 * Reads the client's half of the opening handshake. Subprotocols that are not listed are dropped: browser SDKs cannot
 * set headers and put keys there instead. No extension is forwarded, because compressed frames would hide both a
 * credential and the usage. A server that is offered no extension uses none (RFC 6455, section 9.1).
 *
 * @param early octets that the client sent after its request
 * @param protocols names to forward; a trailing `*` matches any ending
 * @throws ProxyError 400, or 426 for another version
 */
function readHandshake(rawHeaders, { method, body }, early, protocols) {
    if (method !== 'GET' || body !== 0)
        throw handshake_malformed('A WebSocket begins with a GET without a body.');
    // Before the answer, nobody knows which protocol these octets belong to.
    if (early.length > 0)
        throw handshake_malformed('The client sent octets before the WebSocket was open.');
    if (headerValues(rawHeaders, 'sec-websocket-version').join() !== '13')
        throw anotherVersion();
    const [key = '', ...otherKeys] = headerValues(rawHeaders, 'sec-websocket-key');
    if (!handshake_KEY.test(key) || otherKeys.length > 0)
        throw handshake_malformed('There must be exactly one Sec-WebSocket-Key.');
    const offered = listEntries(headerValues(rawHeaders, 'sec-websocket-protocol')).filter(nameMatcher(protocols));
    const accept = (0,external_node_crypto_.createHash)('sha1').update(`${key}${GUID}`).digest('base64');
    return {
        headers: [
            ...['connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-version', '13', 'sec-websocket-key', key],
            ...(offered.length === 0 ? [] : ['sec-websocket-protocol', offered.join(', ')]),
        ],
        isAgreedBy: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket' &&
            headers['sec-websocket-accept'] === accept &&
            [undefined, ...offered].includes(headers['sec-websocket-protocol']) &&
            headers['sec-websocket-extensions'] === undefined,
    };
}
function anotherVersion() {
    return upgradeRefused('The only WebSocket version that the api-proxy accepts is 13.');
}
/** 426 for a client that asked for a WebSocket. RFC 9110, section 15.5.22, wants it to name the protocol. */
function upgradeRefused(message) {
    const headers = { 'sec-websocket-version': '13', upgrade: 'websocket', connection: 'close, upgrade' };
    return new errors/* ProxyError */.T6('upgrade_refused', message, { headers });
}
/** Refusals that say something about the credential or its use. The client gets them as they are. */
const TELLING = new Set([401, 403, 429]);
/**
 * What a client gets whose WebSocket the upstream refused: 426, unless the status tells more. Measured with Codex
 * 0.169.0: it goes on with plain HTTP at once after a 426, and tries again several times after anything else.
 *
 * @returns undefined if the client gets the upstream's answer
 */
function refusalOf(status, host) {
    if (status !== undefined && TELLING.has(status))
        return undefined;
    const reason = status === undefined ? 'did not answer in time' : `answered ${status}`;
    return upgradeRefused(`${host} opens no WebSocket here: it ${reason}. Use plain HTTP.`);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/websocket/frame-reader.js
/** RFC 6455, section 5.2. */
const TEXT = 1;
const BINARY = 2;
const CONTINUATION = 0;
const CLOSE = 8;
const PONG = 10;
/** A frame's first octets: flags and opcode, length in up to 9 octets, masking key. */
const LONGEST_HEAD = 14;
/** Frames that break the protocol, or that only an extension allows. None is agreed on. */
class BadFrame extends Error {
}
/** Reads the frames of one direction of a WebSocket that arrive in chunks, and keeps nothing but a frame's head. */
class FrameReader {
    #listener;
    #parts;
    #head = Buffer.alloc(LONGEST_HEAD);
    #headLength = 0;
    /** Octets of the payload that have yet to arrive; undefined while the head is incomplete. */
    #left;
    /** Octets of the payload that have arrived. */
    #seen = 0;
    #isInMessage = false;
    /** @param listener without one, only the frames' boundaries are read, and frames may be anything */
    constructor(listener, parts) {
        this.#listener = listener;
        this.#parts = parts;
    }
    /** True if no frame has begun without having ended. */
    get isAtBoundary() {
        return this.#headLength === 0;
    }
    /** @throws BadFrame, and whatever the listener throws */
    push(chunk) {
        let at = 0;
        while (at < chunk.length) {
            if (this.#left === undefined)
                at = this.#readHead(chunk, at);
            else
                at = this.#readPayload(chunk, at, this.#left);
            if (this.#left === 0)
                this.#endFrame();
        }
    }
    #readHead(chunk, from) {
        let at = from;
        while (at < chunk.length && this.#left === undefined) {
            const octet = chunk[at++];
            this.#head[this.#headLength++] = octet;
            if (this.#headLength === 1)
                this.#checkOpcode(octet);
            if (this.#headLength >= 2 && this.#headLength === this.#wholeHead) {
                this.#left = this.#payloadLength;
                this.#seen = 0;
            }
        }
        this.#parts?.onHead(chunk.subarray(from, at));
        return at;
    }
    get #opcode() {
        return this.#head[0] & 0x0f;
    }
    get #isControl() {
        return this.#opcode >= CLOSE;
    }
    #checkOpcode(octet) {
        if (!this.#listener)
            return;
        const opcode = this.#opcode;
        const isKnown = opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG);
        if ((octet & 0x70) !== 0 || !isKnown)
            throw new BadFrame();
        if (this.#isControl)
            return;
        if ((opcode === CONTINUATION) !== this.#isInMessage)
            throw new BadFrame();
        this.#isInMessage = true;
    }
    /** Octets in the second octet's length field and behind it. */
    get #lengthOctets() {
        const short = this.#head[1] & 0x7f;
        return short === 126 ? 2 : short === 127 ? 8 : 0;
    }
    get #isMasked() {
        return (this.#head[1] & 0x80) !== 0;
    }
    get #wholeHead() {
        return 2 + this.#lengthOctets + (this.#isMasked ? 4 : 0);
    }
    get #payloadLength() {
        switch (this.#lengthOctets) {
            case 0:
                return this.#head[1] & 0x7f;
            case 2:
                return this.#head.readUInt16BE(2);
            default:
                return Number(this.#head.readBigUInt64BE(2));
        }
    }
    #readPayload(chunk, from, left) {
        const to = Math.min(chunk.length, from + left);
        this.#parts?.onPayload(chunk.subarray(from, to), this.#isControl);
        if (this.#listener && !this.#isControl)
            this.#listener.onData(this.#unmasked(chunk.subarray(from, to)));
        this.#seen += to - from;
        this.#left = left - (to - from);
        return to;
    }
    #unmasked(payload) {
        if (!this.#isMasked)
            return payload;
        const key = this.#head.subarray(2 + this.#lengthOctets, this.#headLength);
        // A copy, because the octets are forwarded as they are.
        const plain = Buffer.from(payload);
        for (let i = 0; i < plain.length; i++) {
            plain[i] = plain[i] ^ key[(this.#seen + i) & 3];
        }
        return plain;
    }
    #endFrame() {
        const isLast = (this.#head[0] & 0x80) !== 0;
        const isControl = this.#isControl;
        this.#headLength = 0;
        this.#left = undefined;
        this.#parts?.onFrameEnd(isControl, isLast);
        if (isControl || !isLast)
            return;
        this.#isInMessage = false;
        this.#listener?.onMessageEnd();
    }
}
/** A frame from a server: one that is neither masked nor fragmented. @param payload at most 65,535 octets */
function serverFrame(opcode, payload) {
    const { length } = payload;
    const size = length < 126 ? [length] : [126, length >> 8, length & 0xff];
    return Buffer.concat([Buffer.from([0x80 | opcode, ...size]), payload]);
}
/** Octets of the reason in a close frame: RFC 6455, section 5.5, limits the frame to 125. */
const MAX_REASON = 123;
/** Policy violation: RFC 6455, section 7.4.1. */
const POLICY_VIOLATION = 1008;
/**
 * The end of a WebSocket that breaks a rule: a message that explains it, and the close frame.
 *
 * @param reason ASCII; cut if it is too long for a close frame
 */
function refusalFrames(message, reason) {
    const code = Buffer.from([POLICY_VIOLATION >> 8, POLICY_VIOLATION & 0xff]);
    return Buffer.concat([
        serverFrame(TEXT, Buffer.from(message)),
        serverFrame(CLOSE, Buffer.concat([code, Buffer.from(reason.slice(0, MAX_REASON))])),
    ]);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/websocket/frame-mask.js

/**
 * Parts that may stand behind the beginning of a credential. An upstream that sends so many pings in the middle of one could
 * as well send it backwards.
 */
const MAX_WAITING = 1_000;
/**
 * Masks credentials in the messages of a WebSocket. The frames of a message may end anywhere, and control frames may stand
 * between them, so each message is masked without its frames' heads. What a message ends with never waits for the next one.
 */
class FrameMask {
    #frames;
    #message;
    #control;
    /** What the mask of the message holds back: a number of its octets, and what stands behind those. */
    #waiting = [];
    #out = [];
    constructor(guard) {
        this.#message = guard.stream();
        this.#control = guard.stream();
        this.#frames = new FrameReader(undefined, {
            onHead: (octets) => {
                this.#add(octets);
            },
            onPayload: (octets, isControl) => {
                this.#onPayload(octets, isControl);
            },
            onFrameEnd: (isControl, isLast) => {
                if (isControl)
                    this.#endControl();
                else if (isLast)
                    this.#endMessage();
            },
        });
    }
    pass(chunk) {
        this.#frames.push(chunk);
        if (this.#waiting.length > MAX_WAITING)
            this.#endMessage();
        return this.#taken();
    }
    rest() {
        this.#endControl();
        this.#endMessage();
        return this.#taken();
    }
    #taken() {
        const parts = this.#out;
        this.#out = [];
        return Buffer.concat(parts);
    }
    #onPayload(octets, isControl) {
        if (isControl) {
            this.#add(this.#control.pass(octets));
            return;
        }
        this.#waiting.push(octets.length);
        this.#release(this.#message.pass(octets));
    }
    #endControl() {
        this.#add(this.#control.rest());
    }
    #endMessage() {
        this.#release(this.#message.rest());
    }
    /** Adds what belongs behind everything so far. */
    #add(octets) {
        if (this.#waiting.length === 0)
            this.#out.push(octets);
        else
            this.#waiting.push(octets);
    }
    /** @param octets of the message, which may now pass: they go to where they came from, between heads and control frames */
    #release(octets) {
        let at = 0;
        let done = 0;
        for (const part of this.#waiting) {
            if (typeof part === 'number') {
                const end = Math.min(at + part, octets.length);
                if (end > at)
                    this.#out.push(octets.subarray(at, end));
                const left = part - (end - at);
                at = end;
                if (left > 0) {
                    this.#waiting[done] = left;
                    break;
                }
            }
            else {
                this.#out.push(part);
            }
            done++;
        }
        this.#waiting.splice(0, done);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/refusals.js


/** 403 for a request that would make the provider fetch or connect. */
class ToolRefusal extends errors/* ProxyError */.T6 {
    /** The line that would allow it, for whoever has no room for the whole message. */
    line;
    constructor(code, reason, tools) {
        const line = `allow-provider-tools: ${tools.join(', ')}`;
        super(code, `${reason} If the workflow needs it, its author can allow it with this line: ${line}`, {
            headers: errors/* NO_RETRY */.PE,
        });
        this.line = line;
    }
}
/** @param tool undefined if AWF does not know what it is */
function toolNotAllowed(what, tool) {
    const why = tool
        ? 'It makes the provider fetch, connect or run something for the command, past allow-domains.'
        : 'AWF does not know what that makes the provider do.';
    const reason = `The api-proxy does not forward ${what} to the provider. ${why}`;
    return new ToolRefusal('provider_tool_not_allowed', reason, tool ? [tool] : PROVIDER_TOOLS);
}
/** @param what "request body" or "WebSocket message" */
function bodyUnreadable(what) {
    const reason = `The ${what} is compressed or not JSON in UTF-8, so the api-proxy cannot see what it makes the provider do. ` +
        'Send JSON without compression, with the type application/json.';
    return new ToolRefusal('body_unreadable', reason, PROVIDER_TOOLS);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/websocket/message-guard.js



const WHAT = 'WebSocket message';
const message_guard_NOTHING = Buffer.alloc(0);
/**
 * Judges a client's messages as they pass. The last octets of a message leave only after its verdict, so the provider
 * never gets a whole message that is refused. A refusal ends the connection: the client gets an error in the provider's
 * shape, and a close frame with the line that would allow the message.
 */
class MessageGuard {
    #exchange;
    #upstream;
    #judge;
    #fromClient;
    #fromUpstream = new FrameReader();
    #judgement;
    #isRefused = false;
    constructor(exchange, upstream, judge) {
        this.#exchange = exchange;
        this.#upstream = upstream;
        this.#judge = judge;
        this.#judgement = judge.begin(WHAT);
        this.#fromClient = new FrameReader({
            onData: (payload) => {
                this.#judgement.push(payload);
            },
            onMessageEnd: () => {
                this.#judgement.end(message_guard_NOTHING);
                this.#judgement = this.#judge.begin(WHAT);
            },
        });
    }
    /** @returns what of the client's octets may go to the provider */
    pass(chunk) {
        if (this.#isRefused)
            return message_guard_NOTHING;
        try {
            this.#fromClient.push(chunk);
            return chunk;
        }
        catch (error) {
            this.#refuse(error instanceof BadFrame ? bodyUnreadable(WHAT) : error);
            return message_guard_NOTHING;
        }
    }
    /** @returns what is held back at the end: nothing */
    rest() {
        return message_guard_NOTHING;
    }
    /** Call this with the octets that the client gets. Only between two frames is there room for one of ours. */
    onSent(octets) {
        this.#fromUpstream.push(octets);
    }
    #refuse(cause) {
        const { client, service, record } = this.#exchange;
        const error = (0,errors/* asProxyError */.nU)(cause);
        this.#isRefused = true;
        record.error ??= error.logged;
        if (this.#fromUpstream.isAtBoundary) {
            const { status, code, message } = error;
            const { body } = service.errorAnswer({ status, code, message }, undefined);
            const line = error instanceof ToolRefusal ? error.line : code;
            client.socket.write(refusalFrames(JSON.stringify({ type: 'error', status, ...JSON.parse(body.toString()) }), line));
        }
        this.#upstream.destroy();
        client.socket.destroySoon();
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/websocket/relay.js




/**
 * Octets of a client's messages that are judged in one turn of the event loop: some 600 of the smallest. Node reads up to two
 * megabytes of a socket in a row, and everybody else would wait for the verdicts on 300,000 messages.
 */
const JUDGED_AT_ONCE = 4 * 1024;
/**
 * Passes the agreement on to the client, then relays octets both ways until either side ends the connection or both are
 * silent for too long. The client's messages are judged as they pass; the rest of the frames is a matter between the two
 * ends.
 *
 * Every answer inside that reports its usage counts against the budget as a request of its own. When the budget is
 * exhausted the connection ends, and a client that continues with plain requests is told the reason.
 *
 * @param head octets of the first frames
 */
function relayWebSocket(exchange, agreement, upstream, head, guard) {
    const { client, record, limits, usage, judge } = exchange;
    const { socket } = client;
    sendAgreement(exchange, agreement, guard);
    recordFailure(exchange, socket, 'client');
    recordFailure(exchange, upstream, 'upstream');
    // Octets in either direction restart this timer.
    socket.setTimeout(limits.upstreamIdleMs, () => {
        record.error ??= 'websocket_timeout';
        socket.destroy();
    });
    usage?.open(agreement, (count) => {
        chargeAnswer(exchange, count);
    });
    const messages = judge && new MessageGuard(exchange, upstream, judge);
    const toUpstream = (chunk) => {
        record.requestBytes += chunk.length;
    };
    const toClient = (chunk, passing) => {
        record.responseBytes += chunk.length;
        usage?.push(chunk);
        messages?.onSent(passing);
    };
    pump(socket, upstream, toUpstream, messages, JUDGED_AT_ONCE);
    pump(upstream, socket, toClient, new FrameMask(guard));
    if (head.length > 0)
        upstream.unshift(head);
}
function sendAgreement({ client, answer, record }, agreement, guard) {
    record.status = 101;
    answer.sendDate = false;
    const agreed = guard.headers(clientResponseHeaders(agreement.rawHeaders));
    answer.writeHead(101, [...agreed, 'connection', 'Upgrade', 'upgrade', 'websocket']).flushHeaders();
    // Until now these ended the connection if the client sent anything before the agreement.
    for (const event of ['data', 'end', 'timeout'])
        client.socket.removeAllListeners(event);
}
function recordFailure({ record }, end, name) {
    end.on('error', (error) => {
        record.error ??= `${name}_closed (${(0,errors/* errorCode */.CA)(error)})`;
    });
}
/** @param count answers in this WebSocket so far; the handshake has already paid for the first one */
function chargeAnswer({ client, record, spending }, count) {
    if (count > 1)
        spending?.addRequest();
    record.requests = count;
    const refusal = spending?.refusal();
    if (refusal === undefined)
        return;
    record.error ??= refusal.logged;
    client.socket.destroySoon();
}
/**
 * @param onChunk gets what arrived, and what of it passed
 * @param atOnce octets that pass in one turn of the event loop
 */
function pump(from, to, onChunk, mask, atOnce = Number.POSITIVE_INFINITY) {
    let isBetweenTurns = false;
    /** Of what waited for its turn. A stream tells its end even while it is paused. */
    const atEnd = [];
    const afterwards = (work) => {
        if (isBetweenTurns)
            atEnd.push(work);
        else
            work();
    };
    const pass = (chunk) => {
        const part = chunk.subarray(0, atOnce);
        const passing = mask ? mask.pass(part) : part;
        if (to.writable && passing.length > 0 && !to.write(passing))
            from.pause();
        onChunk(part, passing);
        isBetweenTurns = part.length < chunk.length;
        if (isBetweenTurns) {
            from.pause();
            setImmediate(pass, chunk.subarray(part.length));
            return;
        }
        if (!to.writableNeedDrain)
            from.resume();
        for (const work of atEnd.splice(0))
            work();
    };
    from.on('data', pass);
    to.on('drain', () => {
        if (!isBetweenTurns)
            from.resume();
    });
    from.on('end', () => {
        afterwards(() => to.end(mask?.rest()));
    });
    from.on('close', () => {
        afterwards(() => to.destroy());
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/forward.js










/** Sends a request upstream and streams both ways, octet by octet as they arrive. */
class Forwarding {
    #exchange;
    #admitted;
    #route;
    #handshake;
    #upstream;
    /** The exchange has failed, was abandoned, or became a WebSocket. Later events change nothing. */
    #settled = false;
    /** @param handshake of a client that asks for a WebSocket */
    constructor(exchange, admitted, route, handshake) {
        this.#exchange = exchange;
        this.#admitted = admitted;
        this.#route = route;
        this.#handshake = handshake;
        this.#upstream = this.#request();
    }
    #request() {
        const { client, limits } = this.#exchange;
        const { agent, upstreamPath, rules, authority } = this.#route;
        const { method, path, query } = this.#admitted;
        const request = (0,external_node_http_namespaceObject.request)({
            agent,
            method,
            path: `${upstreamPath(path)}${query}`,
            headers: [
                ...upstreamRequestHeaders(client.rawHeaders, this.#admitted, rules, authority),
                ...(this.#handshake?.headers ?? []),
            ],
            maxHeaderSize: limits.upstreamHeadBytes,
            timeout: this.#handshake ? limits.handshakeMs : limits.upstreamIdleMs,
        });
        // Node silently drops headers beyond its own limit. The limit on the size of the head is enough.
        request.maxHeadersCount = 0;
        return request;
    }
    start() {
        const { answer, log, record } = this.#exchange;
        const { target } = this.#route;
        record.forwarded = true;
        if (this.#exchange.spending)
            record.requests = 1;
        if (log.isDebug)
            this.#logHeaders();
        this.#upstream.on('error', (error) => {
            this.#failBecauseOf(error, answer.headersSent);
        });
        this.#upstream.on('close', () => {
            if (!answer.headersSent)
                this.#failBecauseOf(undefined);
        });
        this.#upstream.on('timeout', () => {
            const refusal = this.#handshake && refusalOf(undefined, target.host);
            this.fail(refusal ?? new errors/* ProxyError */.T6('upstream_timeout', `${target.host} was silent for too long.`));
        });
        this.#upstream.on('information', (interim) => {
            this.#attempt(() => {
                if (!this.#settled)
                    passInterim(interim, this.#exchange.client, answer, this.#route.guard);
            });
        });
        this.#upstream.on('response', (response) => {
            this.#onResponse(response);
        });
        this.#upstream.on('upgrade', (response, socket, head) => {
            this.#onUpgrade(response, socket, head);
        });
        answer.on('close', () => {
            this.#onClientClosed();
        });
        if (this.#handshake)
            this.#upstream.end();
        else
            this.#sendBody();
    }
    #logHeaders() {
        const { client, log, record } = this.#exchange;
        const changes = headerChanges(client.rawHeaders, this.#admitted, this.#route.rules);
        log.event('debug', 'headers', { id: record.id, ...changes });
    }
    #sendBody() {
        new SendBody(this.#exchange, this.#upstream, this.#admitted.body, (error) => {
            this.fail(error);
        }).start();
    }
    #onResponse(response) {
        const { answer, record, usage } = this.#exchange;
        const { guard } = this.#route;
        this.#recordArrival(response);
        const refusal = this.#handshake && refusalOf(response.statusCode, this.#route.target.host);
        if (refusal) {
            this.fail(refusal);
            return;
        }
        const isHeadSent = this.#attempt(() => {
            guard.check(response);
            answer.sendDate = false;
            const headers = guard.headers(clientResponseHeaders(response.rawHeaders));
            answer.writeHead(response.statusCode ?? 502, guard.text(response.statusMessage ?? ''), headers);
        });
        if (!isHeadSent)
            return;
        record.status = answer.statusCode;
        if (this.#admitted.method !== 'HEAD')
            usage?.open(response);
        new ReturnBody(response, this.#exchange, guard, (error) => {
            this.#failBecauseOf(error, true);
        }).start();
    }
    #onUpgrade(response, socket, head) {
        this.#recordArrival(response);
        const isOpen = this.#attempt(() => {
            if (this.#settled || this.#handshake?.isAgreedBy(response) !== true) {
                const message = `${this.#route.target.host} switched to another protocol without being asked.`;
                throw new errors/* ProxyError */.T6('upstream_bad_response', message);
            }
            relayWebSocket(this.#exchange, response, socket, head, this.#route.guard);
            this.#settled = true;
        });
        if (!isOpen)
            socket.destroy();
    }
    #recordArrival({ statusCode }) {
        const { record, startedAt } = this.#exchange;
        record.timeToFirstByteMs = (0,log/* elapsedMs */.d5)(startedAt);
        record.upstreamStatus = statusCode ?? 0;
    }
    #onClientClosed() {
        const { answer, record } = this.#exchange;
        if (answer.writableFinished || this.#settled)
            return;
        this.#settled = true;
        record.error = 'client_closed';
        this.#upstream.destroy();
    }
    /** @returns false if it threw, and the exchange failed for that reason */
    #attempt(work) {
        try {
            work();
            return true;
        }
        catch (error) {
            this.#failBecauseOf(error);
            return false;
        }
    }
    #failBecauseOf(cause, hasAnswered = false) {
        this.fail(upstreamFailure(cause, this.#route.target.host, hasAnswered));
    }
    /** Ends the exchange: with an answer if none has begun, otherwise by breaking the client's stream. */
    fail(error) {
        const { service, client, answer, record, limits } = this.#exchange;
        if (this.#settled || answer.writableEnded)
            return;
        this.#settled = true;
        record.error = error.logged;
        this.#upstream.destroy();
        if (answer.headersSent) {
            // What has arrived still goes out, even if it is only the head. The missing end (last chunk, length) tells the
            // client that the answer is incomplete.
            answer.write('', 'latin1');
            client.socket.destroySoon();
        }
        else {
            record.status = error.status;
            record.responseBytes = reply_refuse(service, client, answer, error, limits.lingerMs);
        }
    }
}
function upstreamFailure(cause, host, hasAnswered) {
    if (cause instanceof errors/* ProxyError */.T6)
        return cause;
    const detail = (0,errors/* errorCode */.CA)(cause);
    return hasAnswered
        ? new errors/* ProxyError */.T6('upstream_broken', `${host} broke off its answer (${detail}).`, { cause, detail })
        : new errors/* ProxyError */.T6('upstream_closed', `${host} closed the connection before it answered (${detail}).`, {
            cause,
            detail,
        });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/usage/watch.js
/** Equal refusals in a row after which no later one will be different. */
const HOPELESS = 10;
const REFUSALS = [401, 403];
/** Sees the requests to one provider end, and tells the runner when the provider no longer accepts the key. */
class Watch {
    #log;
    #refusal = null;
    #times = 0;
    constructor(log) {
        this.#log = log;
    }
    /**
     * Counts the provider's own refusals. A request without an answer of the provider's says nothing about the key.
     *
     * @param record of a request that has ended
     */
    see({ provider, upstreamStatus: status }) {
        if (status === null || provider === null)
            return;
        this.#times = status === this.#refusal ? this.#times + 1 : 1;
        this.#refusal = status;
        if (this.#times !== HOPELESS || !REFUSALS.includes(status))
            return;
        this.#log.notice({ event: 'credential-refused', provider, status, times: HOPELESS });
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/usage/ledger.js



/** Closes requests: finds out what each one used, charges it, and writes its record to the log. */
class Ledger {
    #log;
    #watch;
    #closing = new Set();
    constructor(log) {
        this.#log = log;
        this.#watch = new Watch(log);
    }
    /**
     * @param startedAt a value of `performance.now()`
     * @param usage of a request that was on its way to the provider
     */
    close(record, startedAt, usage) {
        record.durationMs = (0,log/* elapsedMs */.d5)(startedAt);
        if (record.error !== null)
            record.level = 'warn';
        let settling;
        try {
            settling = usage?.end(record);
        }
        catch (error) {
            this.#unreadable(record, error);
        }
        if (!settling) {
            this.#write(record);
            return;
        }
        const closing = this.#settle(record, settling).finally(() => this.#closing.delete(closing));
        this.#closing.add(closing);
    }
    async #settle(record, settling) {
        try {
            await settling;
        }
        catch (error) {
            this.#unreadable(record, error);
        }
        this.#write(record);
    }
    #write(record) {
        this.#log.request(record);
        this.#watch.see(record);
    }
    #unreadable({ id }, error) {
        this.#log.event('error', 'usage-unreadable', { id, error: (0,errors/* errorCode */.CA)(error) });
    }
    /** Resolves when every closed request is in the log. */
    async settled() {
        await Promise.all(this.#closing);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/listener.js












/** Milliseconds between two checks for whether the last request has ended. */
const STOP_POLL_MS = 5;
/** A service's HTTP server: it refuses, answers what is meant for the sidecar, and sends everything else on its way. */
class Listener {
    /** Not listening yet. */
    server;
    #options;
    #ledger;
    /** Connections of WebSockets, which the HTTP server no longer knows. */
    #upgraded = new Set();
    #underWay = 0;
    constructor(options) {
        const { limits, log } = options;
        this.#options = options;
        this.#ledger = new Ledger(log);
        this.server = createClientServer(limits);
        this.#listenToServer();
    }
    #listenToServer() {
        this.server.on('connection', stopAtRefusal);
        this.server.on('request', (client, answer) => {
            this.#serve(client, answer);
        });
        this.server.on('checkContinue', (client, answer) => {
            this.#serve(client, answer, { expectsContinue: true });
        });
        // For any other expectation. Admission refuses it in the provider's shape.
        this.server.on('checkExpectation', (client, answer) => {
            this.#serve(client, answer);
        });
        this.server.on('connect', (client, socket) => {
            if (Connection.of(socket).isBusy)
                socket.destroy();
            else
                this.#refuseConnection(socket, methodNotAllowed(), client);
        });
        this.server.on('upgrade', (client, socket, early) => {
            if (Connection.of(socket).isBusy)
                socket.destroy();
            else
                this.#upgrade(client, socket, early);
        });
        this.server.on('clientError', (cause, socket) => {
            this.#clientError(cause, socket);
        });
    }
    #serve(client, answer, arrival = {}) {
        const startedAt = performance.now();
        const record = this.#newRecord(client);
        const visit = { ...arrival, client, answer, record, startedAt, isUnderWay: false, usage: undefined };
        try {
            const admitted = this.#admit(visit);
            // Without a line in the log: the engine asks for our health every second.
            if (this.#options.service.answer(admitted, answer))
                return;
            this.#forward(visit, admitted);
        }
        catch (cause) {
            this.#refuse(visit, (0,errors/* asProxyError */.nU)(cause));
        }
        // Registered after the exchange's own listener, which completes the record.
        answer.on('close', () => {
            if (visit.isUnderWay) {
                this.#underWay--;
                this.#options.capacity.removeRequest();
            }
            this.#ledger.close(record, startedAt, visit.usage);
        });
    }
    #admit({ client, answer, record }) {
        const { method = '', url = '', httpVersion, rawHeaders } = client;
        Connection.of(client.socket).begin(answer);
        const { service, limits } = this.#options;
        const admitted = admit({ method, target: url, httpVersion, rawHeaders }, service, limits.headerCount);
        record.path = (0,log/* loggedPath */.mq)(admitted.path);
        return admitted;
    }
    #newRecord(client) {
        const { provider, host } = this.#options.service;
        return (0,log/* newRecord */.Mx)(provider, client?.method ?? '', client?.url ?? '', host);
    }
    #forward(visit, asked) {
        const { client, answer, record, startedAt, early } = visit;
        const { service } = this.#options;
        const passage = service.decide(asked, client, early !== undefined);
        const { admitted, route, rule, judge, usage, spending } = passage;
        const handshake = early && readHandshake(client.rawHeaders, admitted, early, service.subprotocols);
        this.#checkLimits(admitted, judge);
        const refusal = spending?.refusal();
        if (refusal)
            throw refusal;
        spending?.addRequest();
        this.#underWay++;
        this.#options.capacity.addRequest();
        visit.isUnderWay = true;
        visit.usage = usage;
        record.rule = rule;
        if (visit.expectsContinue)
            answer.writeContinue();
        const exchange = { ...this.#options, client, answer, record, startedAt, usage, judge, spending };
        const forwarding = new Forwarding(exchange, admitted, route, handshake);
        Connection.of(client.socket).forwarding = forwarding;
        forwarding.start();
    }
    #checkLimits({ body }, judge) {
        const { limits, service, capacity } = this.#options;
        const maxBodyBytes = bodyLimit(service, judge);
        if (body !== 'chunked' && body > maxBodyBytes)
            throw bodyTooLarge(maxBodyBytes);
        if (this.#underWay >= limits.concurrentRequests || capacity.isFull)
            throw (0,errors/* tooManyRequests */.YD)();
    }
    #refuse({ client, answer, record }, error) {
        const { service, limits } = this.#options;
        record.error = error.logged;
        record.status = error.status;
        if (endsConnection(client, error))
            Connection.of(client.socket).isDoomed = true;
        record.responseBytes = reply_refuse(service, client, answer, error, limits.lingerMs);
    }
    #upgrade(client, socket, early) {
        this.#upgraded.add(socket);
        socket.once('close', () => {
            this.#upgraded.delete(socket);
        });
        this.#serve(client, handedOver(client, socket), { early });
    }
    /** Node's parser gave up, the client took too long, or its connection broke. */
    #clientError(cause, socket) {
        const { service, limits } = this.#options;
        const error = (0,errors/* parserFailure */.gZ)((0,errors/* errorCode */.CA)(cause));
        const { isBusy, isDoomed, forwarding, answer } = Connection.of(socket);
        if (error.detail === 'ECONNRESET' || !socket.writable)
            socket.destroy();
        // The parser was stopped; the refusal is on its way.
        else if (isDoomed)
            return;
        else if (isBusy && forwarding)
            forwarding.fail(error);
        else if (isBusy && answer) {
            // The request has its answer, but nothing more can be read from this connection.
            answer.end();
            answer.socket?.destroySoon();
            // An idle connection that timed out is no request, so it gets no line in the log.
        }
        else if (error.status === 408)
            refuseRaw(service, socket, error, limits.lingerMs);
        else
            this.#refuseConnection(socket, error);
    }
    #refuseConnection(socket, error, client) {
        const { service, limits } = this.#options;
        refuseRaw(service, socket, error, limits.lingerMs);
        this.#ledger.close({ ...this.#newRecord(client), status: error.status, error: error.logged }, performance.now());
    }
    /**
     * Accepts no more connections, gives the requests that are under way a short grace, then ends every connection, the
     * WebSockets included. Resolves once all requests are in the log.
     */
    async end() {
        const { limits } = this.#options;
        const closed = this.server.listening ? (0,external_node_events_namespaceObject.once)(this.server, 'close') : undefined;
        this.server.close();
        const deadline = performance.now() + limits.stopGraceMs;
        while (this.#underWay > 0 && performance.now() < deadline)
            await (0,promises_.setTimeout)(STOP_POLL_MS);
        this.server.closeAllConnections();
        for (const socket of this.#upgraded)
            socket.destroy();
        await closed;
        // The last sockets emit `close` at the end of this turn of the event loop. Their records are written then.
        await (0,promises_.setTimeout)(1);
        await this.#ledger.settled();
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/hosts/connect-front.js


const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n';
const connect_front_refusal = (text) => `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n` +
    `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
/** `host:443`, as Squid forwards the request target of `CONNECT`. */
const AUTHORITY = /^([a-z0-9._-]+):443$/i;
/**
 * The server to which Squid hands tunnels to named hosts. It accepts nothing else.
 *
 * @param front ends TLS inside
 */
function createConnectFront(front, limits) {
    const server = createPlainServer(limits);
    const open = new Set();
    server.on('connect', ({ url = '' }, socket, head) => {
        socket.on('error', () => undefined);
        open.add(socket);
        socket.once('close', () => open.delete(socket));
        const host = AUTHORITY.exec(url)?.[1]?.toLowerCase().replace(/\.$/, '');
        // A client that speaks before it has an answer cannot know whom it speaks to.
        if (host === undefined || head.length > 0 || !front.has(host)) {
            socket.end(connect_front_refusal('The api-proxy does not answer for this host.\n'));
            return;
        }
        socket.setNoDelay(true);
        // Node's HTTP server leaves its sockets open when the client has ended its side, and a handshake would never end.
        socket.allowHalfOpen = false;
        socket.write(ESTABLISHED);
        front.accept(host, socket);
    });
    server.on('request', ({ socket }, answer) => {
        Connection.of(socket).isDoomed = true;
        answer.writeHead(405, { allow: 'CONNECT', connection: 'close' }).end();
    });
    server.on('close', () => {
        for (const socket of open)
            socket.destroy();
    });
    return server;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/hosts/tls-front.js


/**
 * How a handshake ends if the client does not trust the certificate that it got: by an alert, under OpenSSL's names, or,
 * as Node's client does it, without a word.
 */
const DISTRUST = /^ECONNRESET$|ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED)/;
/**
 * Ends TLS for named hosts, and hands what is inside to the host's HTTP server. A connection whose server name is not the
 * expected one ends before it gets a certificate.
 */
class TlsFront {
    #servers;
    #contexts;
    #limits;
    #log;
    /** Hosts whose certificate a client has refused. Each is logged once. */
    #refused = new Set();
    /** The host whose certificate a connection got. */
    #offered = new WeakMap();
    /** By the host that the tunnel is for. */
    #byHost;
    /** For connections that name their host in the handshake alone. */
    direct;
    /** @param servers by host, each of which has a certificate */
    constructor(servers, { key, chains }, limits, log) {
        this.#servers = servers;
        this.#limits = limits;
        this.#log = log;
        this.#contexts = new Map([...servers.keys()].map((host) => [host, (0,external_node_tls_namespaceObject.createSecureContext)({ key, cert: chains[host] ?? '' })]));
        this.#byHost = new Map([...servers.keys()].map((host) => [host, this.#server(host)]));
        this.direct = this.#server(undefined);
    }
    has(host) {
        return this.#byHost.has(host);
    }
    /** Takes over a client's end of a tunnel to `host`. */
    accept(host, socket) {
        this.#byHost.get(host)?.emit('connection', socket);
    }
    /** Takes over a connection that names its host in the handshake alone. */
    acceptDirect(socket) {
        this.direct.emit('connection', socket);
    }
    /** @param expected undefined lets the client choose */
    #server(expected) {
        const contexts = this.#contexts;
        const offered = this.#offered;
        // Node calls it as a method of the connection.
        function offer(name, found) {
            const host = name.toLowerCase();
            const context = expected === undefined || expected === host ? contexts.get(host) : undefined;
            if (!context) {
                found(new Error('another server name'));
                return;
            }
            offered.set(this, host);
            found(null, context);
        }
        // Without a certificate of its own: a client that names no host gets none.
        const server = (0,external_node_tls_namespaceObject.createServer)({
            handshakeTimeout: this.#limits.headTimeoutMs,
            ALPNProtocols: ['http/1.1'],
            minVersion: 'TLSv1.2',
            SNICallback: offer,
        });
        server.maxConnections = this.#limits.connections;
        server.on('secureConnection', (socket) => {
            this.#onSecure(socket, expected);
        });
        server.on('tlsClientError', (error, socket) => {
            this.#onFailure(error, socket);
        });
        return server;
    }
    #onSecure(socket, expected) {
        const host = socket.servername;
        const server = typeof host === 'string' ? this.#servers.get(host.toLowerCase()) : undefined;
        if (!server || typeof host !== 'string' || (expected !== undefined && host.toLowerCase() !== expected)) {
            socket.destroy();
            return;
        }
        server.emit('connection', socket);
    }
    #onFailure(error, socket) {
        socket.destroy();
        const detail = (0,errors/* errorCode */.CA)(error);
        const host = this.#offered.get(socket);
        this.#log.event('debug', 'handshake-failed', { host: host ?? null, error: detail });
        if (host !== undefined && DISTRUST.test(detail))
            this.#logRefusal(host);
    }
    #logRefusal(host) {
        if (this.#refused.has(host))
            return;
        this.#refused.add(host);
        this.#log.notice({ event: 'certificate-refused', host });
    }
    close() {
        this.direct.close();
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/hosts/named-hosts.js




/** Answers for named hosts: the way in, and a listener for each of them. */
class NamedHosts {
    #listeners;
    #tls;
    #front;
    /** @param serviceOf makes the service of a host */
    constructor(hosts, serviceOf, { tls, limits, capacity, log }) {
        const listeners = hosts.map((host) => ({
            host,
            listener: new Listener({ service: serviceOf(host), limits: limitsOf(host, limits), capacity, log }),
        }));
        const servers = new Map(listeners.map(({ host, listener }) => [host.name, listener.server]));
        // Node bounds the time of a request only on a server that has announced that it listens. These get their connections
        // from the TLS servers.
        for (const server of servers.values())
            server.emit('listening');
        this.#listeners = listeners.map(({ listener }) => listener);
        this.#tls = new TlsFront(servers, tls, limits, log);
        this.#front = createConnectFront(this.#tls, limits);
    }
    /** For who listens at the port of HTTPS in our place. */
    get front() {
        return this.#tls;
    }
    /**
     * @param ports 0 for a free one
     * @param direct the port at which somebody else listens for programs that ask no proxy
     * @throws Error if a port cannot be listened on
     */
    async listen(ports, host, direct) {
        const [connect, own] = await Promise.all([
            listen(this.#front, ports.connect, host),
            direct ?? listen(this.#tls.direct, ports.direct, host),
        ]);
        return { connect, direct: own };
    }
    /** Ends every connection. Resolves once all requests are in the log. */
    async end() {
        this.#tls.close();
        this.#front.close();
        await Promise.all(this.#listeners.map((listener) => listener.end()));
        this.#front.closeAllConnections();
    }
}
const limitsOf = (host, limits) => 'provider' in host ? limits : { ...limits, requestTimeoutMs: limits.uploadTimeoutMs };

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/limits.js
const DEFAULT_LIMITS = {
    headBytes: 16 * 1024,
    // Apache's default (LimitRequestFields), and several times what the SDKs and the agent programs send.
    headerCount: 100,
    upstreamHeadBytes: 64 * 1024,
    headTimeoutMs: 15_000,
    requestTimeoutMs: 300_000,
    uploadTimeoutMs: 3_600_000,
    keepAliveMs: 120_000,
    checkIntervalMs: 5_000,
    connections: 2_048,
    concurrentRequests: 512,
    allRequests: 2_048,
    heldBytes: 64 * 1024 * 1024,
    connectTimeoutMs: 15_000,
    connectRetryMs: 50,
    prewarmMs: 10_000,
    upstreamIdleMs: 900_000,
    handshakeMs: 5_000,
    modelListMs: 5_000,
    modelListBytes: 4 * 1024 * 1024,
    tunnelIdleMs: 55_000,
    idleTunnels: 256,
    lingerMs: 1_000,
    stopGraceMs: 300,
};

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/model-list.js



/** Tells a provider's operator who asks. */
const MODEL_LIST_AGENT = 'awf';
/**
 * Asks a provider for its models once, when the api-proxy has started: that costs nothing, and tells whether the key is
 * right, and which model there is for a program that insists on one. It writes no record, because the command asked for
 * nothing, and counts against no budget.
 *
 * @returns the variables that choose a model; undefined if none is to be chosen or the list has none
 */
async function readModelList(provider, configured, route, limits, log) {
    const { modelList } = provider;
    const { status, body } = await ask(route, modelList.path, limits);
    log.event('debug', 'model-list', { provider: provider.id, status });
    const { wrongKey, choose } = modelList;
    const isWrongKey = status === wrongKey.status && wrongKey.body.test(body);
    if (isWrongKey && configured.checksKey === true)
        log.notice({ event: 'wrong-key', provider: provider.id, status });
    if (configured.model === undefined || choose === undefined)
        return undefined;
    const choice = status === 200 ? choose(parsed(body), configured.model.name) : undefined;
    if (choice === undefined && configured.model.name === undefined && !isWrongKey) {
        log.notice({ event: 'no-model', provider: provider.id, status });
    }
    return choice;
}
async function ask(route, path, limits) {
    const { upstreamPath, rules, authority, agent } = route;
    const [bare = '', query] = path.split('?');
    const admitted = { method: 'GET', path: bare, query: '', body: 0, nominated: [] };
    const headers = ['accept', 'application/json', 'user-agent', MODEL_LIST_AGENT, 'accept-encoding', 'identity'];
    const request = (0,external_node_http_namespaceObject.request)({
        agent,
        path: upstreamPath(bare) + (query === undefined ? '' : `?${query}`),
        headers: upstreamRequestHeaders(headers, admitted, rules, authority),
        maxHeaderSize: limits.upstreamHeadBytes,
    });
    const timer = setTimeout(() => request.destroy(new Error('timeout')), limits.modelListMs);
    try {
        const response = await new Promise((resolve, reject) => {
            request.on('response', resolve).on('error', reject).end();
        });
        return { status: response.statusCode ?? null, body: await textOf(response, limits.modelListBytes) };
    }
    catch (error) {
        // A request of the command's that fails in the same way will say why.
        return { status: null, body: (0,errors/* errorCode */.CA)(error) };
    }
    finally {
        clearTimeout(timer);
    }
}
/** @throws Error if the body is longer than `limit` */
async function textOf(response, limit) {
    const chunks = [];
    let length = 0;
    for await (const chunk of response) {
        length += chunk.length;
        if (length > limit)
            throw new Error('too long');
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}
function parsed(body) {
    try {
        return JSON.parse(body);
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/body-judge.js





/** Keys that are remembered as they were spelled. Clients use a few hundred, and a hostile one must not fill memory. */
const MAX_SPELLINGS = 2_000;
const MAX_SPELLING = 100;
/** No key has one, and lenient parsers drop it, or end the key there. U+FFFD stands for octets that are not UTF-8. */
const STRAY = /[\0-\x1f\x7f\ufffd]/;
const NAMELESS = { name: '', wish: 'nothing' };
const SKIPPED = { name: '', wish: 'skip' };
/** The tool that a text stands for, if it is hosted. */
const hostedTool = (hosted, text) => hosted.find(([pattern]) => pattern.test(text))?.[1];
/**
 * Judges the JSON of a provider's requests, by its rules. Prepared once, for all requests. A key is compared without
 * underscores and capitals, and with the long s and the Kelvin sign as the letters for which lenient servers take them.
 */
class JsonJudge {
    /** What is not judged before it is sent cannot be complete: its connection ends first. */
    needsWhole = false;
    #allowed;
    #own;
    #families;
    #byKey;
    #byName;
    #names;
    #slots = new Map();
    constructor({ places, families, own }, allowed) {
        this.#allowed = allowed;
        this.#own = new Set(own);
        this.#families = families;
        this.#byKey = Map.groupBy(places.filter(({ key }) => key !== undefined), ({ key }) => key ?? '');
        this.#byName = Map.groupBy(places.filter(({ key }) => key === undefined), ({ inside }) => inside ?? '');
        this.#names = new Set(places.flatMap(({ key, inside }) => [key, inside]).filter((name) => name !== undefined));
    }
    begin(what) {
        return new JsonJudgement(this, what);
    }
    /** Judges a model that the path or the query names. @throws ProxyError 403 */
    checkModel(name) {
        this.onValue({ name: MODEL_KEY, wish: 'value' }, '', name);
    }
    /** @throws ProxyError 403, NotJson */
    onKey(key, inside) {
        const places = this.#byName.get(inside);
        if (places)
            for (const place of places)
                this.#judge(place, fold(key), key);
        if (this.#own.has(inside))
            return this.#slotInOwn(key, inside);
        let slot = this.#slots.get(key);
        if (!slot) {
            slot = this.#slotOf(key);
            if (this.#slots.size < MAX_SPELLINGS && key.length <= MAX_SPELLING)
                this.#slots.set(key, slot);
        }
        return slot;
    }
    #slotOf(spelling) {
        if (STRAY.test(spelling))
            throw new NotJson();
        const folded = fold(spelling);
        if (this.#own.has(folded) && !this.#names.has(folded))
            return { name: folded, wish: 'skip' };
        const name = this.#nameOf(folded);
        if (this.#byKey.has(name))
            return { name, spelling, wish: 'value' };
        return this.#names.has(name) ? { name, wish: 'nothing' } : NAMELESS;
    }
    /** Of what is the client's own, only the keys of places inside it count. */
    #slotInOwn(key, inside) {
        const name = this.#nameOf(fold(key));
        const counts = this.#byKey.get(name)?.some((place) => place.inside === inside) === true;
        return counts ? { name, spelling: key, wish: 'value' } : SKIPPED;
    }
    #nameOf(folded) {
        return this.#families.find(([pattern]) => pattern.test(folded))?.[1] ?? folded;
    }
    /** @throws ProxyError 403 */
    onValue({ name, spelling = name }, inside, text) {
        for (const place of this.#byKey.get(name) ?? []) {
            if (place.inside !== undefined && place.inside !== inside)
                continue;
            if (text !== undefined || place.passes === undefined)
                this.#judge(place, text ?? '', spelling);
        }
    }
    /** @param key the key whose value the text is, or which it is itself */
    #judge({ key: name, passes, hosted, others }, text, key) {
        if (passes?.test(text) === true)
            return;
        const tool = hostedTool(hosted, text);
        if (tool === undefined ? others === 'pass' : this.#allowed.has(tool))
            return;
        const isAddress = tool === 'remote-files' && name !== undefined && name !== 'type';
        const what = (0,errors/* printable */.g$)(isAddress || name === undefined || text === '' ? key : text);
        const kind = name === ACCOUNT ? 'an account' : 'an address';
        throw toolNotAllowed(isAddress ? `${kind} in "${what}"` : `"${what}"`, tool);
    }
}
function fold(key) {
    return key.toUpperCase().toLowerCase().replaceAll('_', '');
}
class JsonJudgement {
    #reader;
    #what;
    constructor(judge, what) {
        this.#reader = new JsonReader(judge);
        this.#what = what;
    }
    push(chunk) {
        this.#attempt(() => {
            this.#reader.push(chunk);
        });
    }
    end() {
        this.#attempt(() => {
            this.#reader.end();
        });
    }
    #attempt(work) {
        try {
            work();
        }
        catch (error) {
            throw error instanceof NotJson ? bodyUnreadable(this.#what) : error;
        }
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/judge/tool-guard.js







/** Keeps a provider from fetching, connecting or running something for the command, unless the workflow allows it. */
class ToolGuard {
    #provider;
    #allowed;
    #judges = new Map();
    constructor(provider, allowed) {
        this.#provider = provider;
        this.#allowed = new Set(allowed);
    }
    /**
     * @returns the judge of the request's body or messages; undefined if everything is allowed
     * @throws ProxyError 403 for what its head tells
     */
    admit({ method, path, query, body }, rawHeaders) {
        if (PROVIDER_TOOLS.every((tool) => this.#allowed.has(tool)))
            return undefined;
        this.#checkHeaders(rawHeaders);
        if (body !== 0 && !isPlainJson(rawHeaders))
            throw bodyUnreadable('request body');
        const judge = this.#judgeFor(this.#provider.bodyRules(path));
        // A GET asks what there is to say about the model.
        const model = method === 'POST' ? MODEL_IN_PATH.exec(path)?.[0] : undefined;
        if (model !== undefined)
            judge.checkModel(model);
        for (const name of parameterValues(query.slice(1), MODEL_IN_QUERY))
            judge.checkModel(name);
        return judge;
    }
    #checkHeaders(rawHeaders) {
        for (const { name, hosted } of this.#provider.toolHeaders) {
            for (const value of headerValue(rawHeaders, name)?.split(',') ?? []) {
                const text = value.trim().toLowerCase();
                const tool = hostedTool(hosted, text);
                if (tool && !this.#allowed.has(tool))
                    throw toolNotAllowed(`the ${name} "${(0,errors/* printable */.g$)(text)}"`, tool);
            }
        }
    }
    #judgeFor(rules) {
        let judge = this.#judges.get(rules);
        if (!judge) {
            judge = new JsonJudge(rules, this.#allowed);
            this.#judges.set(rules, judge);
        }
        return judge;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/request/endpoints.js



const endpoints_IN_SEGMENT = { least: 1, without: /\// };
/** A name in front of a method: `models/*:generateContent`. */
const BEFORE_COLON = { least: 1, without: /[/:]/ };
const ruleOf = ({ method, path, query, free, spelling }) => ({
    spelling,
    fits: globMatcher(path, (text) => (text.startsWith(':') ? BEFORE_COLON : endpoints_IN_SEGMENT)),
    query: query === 'any' ? undefined : new Set(query),
    generates: free !== true && (method === 'POST' || method === 'WEBSOCKET'),
});
/** Characters of a client's text in a message: enough to find the line. */
const endpoints_SHOWN = 200;
function notAnEndpoint({ id, name }, { method, path }) {
    const endpoint = `${method} ${(0,errors/* printable */.g$)(path, endpoints_SHOWN)}`;
    const message = `${endpoint} is not among the inference endpoints of ${name} that the api-proxy forwards. ` +
        `If the workflow needs it, its author can add this line to allow-endpoints: ${id} ${endpoint}`;
    return new errors/* ProxyError */.T6('endpoint_not_allowed', message, { headers: errors/* NO_RETRY */.PE });
}
function notAParameter(parameter, { query }, { method, path }) {
    const names = [...(query ?? [])].join(', ');
    const message = `The api-proxy does not forward the query parameter ${(0,errors/* printable */.g$)(parameter, endpoints_SHOWN)}. ` +
        `For ${method} ${(0,errors/* printable */.g$)(path, endpoints_SHOWN)} it forwards ${names === '' ? 'none' : `these: ${names}`}. ` +
        'A line for this path in allow-endpoints allows all of them.';
    return new errors/* ProxyError */.T6('query_not_allowed', message, { headers: errors/* NO_RETRY */.PE });
}
/** The rules of one method. */
class Rules {
    /** Paths without a wildcard, which most requests are for. */
    #exact = new Map();
    #patterns = [];
    /** If several rules match a path, the one that was added first decides. */
    add(endpoint) {
        const rule = ruleOf(endpoint);
        if (endpoint.path.includes('*'))
            this.#patterns.push(rule);
        else if (!this.#patterns.some(({ fits }) => fits(endpoint.path)) && !this.#exact.has(endpoint.path)) {
            this.#exact.set(endpoint.path, rule);
        }
    }
    find(path) {
        return this.#exact.get(path) ?? this.#patterns.find(({ fits }) => fits(path));
    }
}
function asSent(path, spelling, isOwn) {
    if (spelling === undefined || (spelling.ownHostsOnly && !isOwn))
        return path;
    return `${spelling.sent}${path.slice(spelling.written.length)}`;
}
function rulesByMethod(endpoints) {
    const byMethod = new Map();
    for (const endpoint of endpoints) {
        const methods = endpoint.method === 'GET' ? ['GET', 'HEAD'] : [endpoint.method];
        for (const method of methods) {
            const rules = byMethod.get(method) ?? new Rules();
            rules.add(endpoint);
            byMethod.set(method, rules);
        }
    }
    return byMethod;
}
/**
 * @param added endpoints of this provider that the user allows
 * @param isOwn whether the upstream is a host of the provider's own
 */
function endpointCheck(provider, added, isOwn) {
    const known = rulesByMethod(provider.endpoints);
    const users = rulesByMethod(added.map((entry) => ({ ...entry, query: 'any' })));
    return (request) => {
        const knownRule = known.get(request.method)?.find(request.path);
        // The user's come first, because they allow any query.
        const rule = users.get(request.method)?.find(request.path) ?? knownRule;
        if (!rule)
            throw notAnEndpoint(provider, request);
        const path = asSent(request.path, rule.spelling, isOwn);
        const verdict = { generates: rule.generates, isKnown: knownRule !== undefined, path };
        if (request.query === '' || !rule.query)
            return verdict;
        for (const name of parameterNames(request.query.slice(1))) {
            if (!rule.query.has(name.replace(/\[\]$/, '')))
                throw notAParameter(name, rule, request);
        }
        return verdict;
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/route.js
/** A version that ends the base path is not repeated: SDKs append to a base URL that ends in one. */
function pathsBelow(basePath) {
    const version = /\/v\d+(?:alpha|beta)?$/.exec(basePath)?.[0];
    if (version === undefined)
        return (path) => basePath + path;
    return (path) => basePath + (path.startsWith(`${version}/`) ? path.slice(version.length) : path);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/usage/content-coding.js
/**
 * Content codings of https://www.iana.org/assignments/http-parameters. `finishFlush` makes the decoder deliver what a
 * truncated stream contained: a client that hangs up has used it all the same.
 */
const DECODERS = {
    gzip: ({ constants, createGunzip }) => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
    'x-gzip': ({ constants, createGunzip }) => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
    deflate: ({ constants, createInflate }) => createInflate({ finishFlush: constants.Z_SYNC_FLUSH }),
    br: ({ constants, createBrotliDecompress }) => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
    zstd: ({ constants, createZstdDecompress }) => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush }),
};
/** Octets that may wait for the decoder. It works in other threads, and the answer does not wait for it. */
const content_coding_MAX_WAITING = 4 * 1024 * 1024;
/** Octets that it may make of a body. No answer of a model is that long. */
const MAX_DECODED = 32 * 1024 * 1024;
/** Decodes a compressed body as it passes, without slowing it down. */
class DecodingTap {
    #decoder;
    #ended;
    /** @param onData called with what was decoded */
    constructor(decoder, onData) {
        this.#decoder = decoder;
        let decoded = 0;
        this.#ended = new Promise((resolve) => {
            decoder.on('data', (chunk) => {
                decoded += chunk.length;
                if (decoded > MAX_DECODED)
                    decoder.destroy();
                else
                    onData(chunk);
            });
            decoder.on('close', resolve);
            // The body is not what its header says. The client will find out for itself.
            decoder.on('error', () => undefined);
        });
    }
    push(chunk) {
        if (this.#decoder.destroyed)
            return;
        if (this.#decoder.writableLength > content_coding_MAX_WAITING)
            this.#decoder.destroy();
        else
            this.#decoder.write(chunk);
    }
    /** Resolves when everything that can be decoded has been. */
    end() {
        if (!this.#decoder.destroyed)
            this.#decoder.end();
        return this.#ended;
    }
}
/** @returns undefined for a body without compression, null for an unknown coding */
function decoderFor(contentEncoding) {
    const coding = (contentEncoding ?? 'identity').trim().toLowerCase();
    if (coding === 'identity' || coding === '')
        return undefined;
    // Loaded by the first answer that needs it, because it takes a megabyte.
    // An upstream chooses the name, and objects have members such as `constructor`.
    const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    return decoder?.(process.getBuiltinModule('node:zlib')) ?? null;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/usage/json-scanner.js
const json_scanner_QUOTE = 0x22;
const json_scanner_BACKSLASH = 0x5c;
const json_scanner_COLON = 0x3a;
const OPEN = 0x7b;
const json_scanner_CLOSE = 0x7d;
/** Octets of a value. A longer one is neither a count nor a name. */
const MAX_VALUE = 8 * 1024;
/**
 * Levels of objects in a value; counts have two. Whoever chooses the text could begin a value in each value, and have all of
 * them read.
 */
const json_scanner_MAX_DEPTH = 6;
const json_scanner_NOTHING = Buffer.alloc(0);
/** The rest has yet to arrive. */
const INCOMPLETE = -1;
/** Not a string or an object. */
const NONE = -2;
/** A key as it is spelled in JSON. */
const quoted = (key) => Buffer.from(JSON.stringify(key));
/**
 * Finds the values of one key in JSON that arrives in chunks, whether a document or the data of events, without parsing
 * or keeping the rest. Text inside a string is never found, because its quotes are escaped.
 */
class JsonScanner {
    #needle;
    #onValue;
    #held = json_scanner_NOTHING;
    /** @param key a result of {@link quoted}, which all scanners for the key can share */
    constructor(key, onValue) {
        this.#needle = key;
        this.#onValue = onValue;
    }
    push(chunk) {
        const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
        this.#held = json_scanner_NOTHING;
        let from = 0;
        for (;;) {
            const at = data.indexOf(this.#needle, from);
            if (at < 0) {
                this.#held = this.#endOf(data, from);
                return;
            }
            const behind = at + this.#needle.length;
            const start = at > 0 && data[at - 1] === json_scanner_BACKSLASH ? NONE : valueStart(data, behind);
            const end = start < 0 ? start : valueEnd(data, start);
            if (end === INCOMPLETE && data.length - at <= MAX_VALUE) {
                this.#held = data.subarray(at);
                return;
            }
            if (end > 0)
                this.#report(data.toString('utf8', start, end), data.length - end);
            from = end > 0 ? end : behind;
        }
    }
    /** A possible beginning of the key, and the octet before it, which decides whether it is one. */
    #endOf(data, from) {
        const tail = Math.max(from, data.length - this.#needle.length);
        const quote = data.indexOf(json_scanner_QUOTE, tail);
        return quote < 0 ? json_scanner_NOTHING : data.subarray(Math.max(quote - 1, from));
    }
    #report(json, rest) {
        let value;
        try {
            value = JSON.parse(json);
        }
        catch {
            return; // It only looked like JSON.
        }
        this.#onValue(value, rest);
    }
}
const isSpace = (octet) => octet === 0x20 || octet === 0x09 || octet === 0x0a || octet === 0x0d;
/** @returns the index of the value that follows a colon at `at` */
function valueStart(data, at) {
    let i = at;
    while (isSpace(data[i]))
        i++;
    if (i >= data.length)
        return INCOMPLETE;
    if (data[i] !== json_scanner_COLON)
        return NONE;
    i++;
    while (isSpace(data[i]))
        i++;
    if (i >= data.length)
        return INCOMPLETE;
    return data[i] === json_scanner_QUOTE || data[i] === OPEN ? i : NONE;
}
/** @returns the index after the string or object that begins at `start`; `NONE` if it is too deep */
function valueEnd(data, start) {
    let depth = 0;
    let inString = false;
    for (let i = start; i < data.length && i - start <= MAX_VALUE; i++) {
        const octet = data[i];
        if (inString) {
            if (octet === json_scanner_BACKSLASH)
                i++;
            else if (octet === json_scanner_QUOTE)
                inString = false;
        }
        else if (octet === json_scanner_QUOTE)
            inString = true;
        else if (octet === OPEN) {
            if (++depth > json_scanner_MAX_DEPTH)
                return NONE;
        }
        else if (octet === json_scanner_CLOSE)
            depth--;
        if (depth === 0 && !inString)
            return i + 1;
    }
    return INCOMPLETE;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/usage/model-names.js
/** Names that are kept for one answer, and for one WebSocket. More than one is odd already. */
const MAX_NAMES = 4;
/** A name that may be logged. */
const isModel = (value) => typeof value === 'string' && /^[\w./:@-]{1,100}$/.test(value);
/**
 * Which of the names in an answer is the model's. What the command or the model writes into an answer may contain the same
 * key, and must not decide the price.
 *
 * - `first`: the provider's own comes before everything else.
 * - `last`: it comes after everything else.
 * - `each`: in a WebSocket, whose answers may be of several models. Where one answer has several names, all of them
 *   together are its name. That has no price, so a wrong one cannot make an answer cheap.
 */
class ModelNames {
    #which;
    #current = [];
    #before = null;
    #all = new Set();
    constructor(which) {
        this.#which = which;
    }
    see(value) {
        if (!isModel(value))
            return;
        if (this.#which === 'last')
            this.#current = [value];
        else if (this.#which === 'first')
            this.#current = [this.#current[0] ?? value];
        else if (!this.#current.includes(value) && this.#current.length < MAX_NAMES)
            this.#current.push(value);
    }
    /** True once no later name counts. */
    get isSettled() {
        return this.#which === 'first' && this.#current.length > 0;
    }
    /** The model of the answer in progress. In a WebSocket, an answer that names none is of the one before it. */
    get current() {
        return this.#current.length === 0 ? this.#before : this.#current.join(',');
    }
    /** Call when an answer of a WebSocket has been charged. */
    endAnswer() {
        this.#before = this.current;
        this.#current = [];
        if (this.#before !== null && this.#all.size < MAX_NAMES)
            this.#all.add(this.#before);
    }
    /** The models of all answers. */
    get all() {
        return this.#all.size === 0 ? this.current : [...this.#all].join(',');
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/usage/reading.js






/** Octets of text per token; English has about four. */
const OCTETS_PER_TOKEN = 4;
/** Octets that a WebSocket may carry besides its answers. */
const CHATTER = 1_024;
const EVENT = Buffer.from('data:');
const tokensIn = (octets) => Math.ceil(octets / OCTETS_PER_TOKEN);
const prepareDialect = ({ id, usage }) => ({
    provider: id,
    usage: quoted(usage.usageKey),
    model: quoted(usage.modelKey),
    isModelLast: usage.isModelLast ?? false,
    read: usage.read,
});
/** Gemini's requests name their model in the path, and so do Azure's. */
const reading_MODEL_IN_PATH = /\/(?:models|deployments)\/([^/:]+)/;
function eventsIn(chunk, from) {
    let events = 0;
    for (let at = chunk.indexOf(EVENT, from); at >= 0; at = chunk.indexOf(EVENT, at + EVENT.length))
        events++;
    return events;
}
function formOf({ rawHeaders, statusCode }) {
    if (statusCode === 101)
        return 'messages';
    const type = headerValue(rawHeaders, 'content-type');
    return type?.toLowerCase().startsWith('text/event-stream') === true ? 'events' : 'document';
}
/**
 * Reads from one answer how many tokens it reports. It neither delays nor changes an octet, because it sees each chunk
 * after the client got it.
 *
 * An answer that reports nothing is estimated, for example a stream of chat completions without `include_usage`, or one
 * that the client cut short. Otherwise a program could spend more than the budget by not asking for the count. Each
 * event of a stream counts as one token, and so do every four octets of anything else.
 */
class UsageReading {
    #dialect;
    #generates;
    #budget;
    /** Undefined until an answer begins. */
    #form;
    #decoding;
    #kept = [];
    #scanners = [];
    #counts;
    /** What earlier messages reported. */
    #earlier = shared_usage/* NO_USAGE */.yJ;
    #names = new ModelNames('first');
    /** The model that the request asks for, in case the answer names none. */
    #asked;
    #askedScanner;
    /** Octets and events since the last count. */
    #octets = 0;
    #events = 0;
    /** Octets of the current chunk after the last count in it. */
    #uncounted = 0;
    #messages = 0;
    #charged = shared_usage/* NO_USAGE */.yJ;
    #onMessage;
    /**
     * @param path the request's canonical path
     * @param generates the endpoint costs tokens, so an answer without a count is not free
     */
    constructor(dialect, path, generates, budget) {
        this.#dialect = dialect;
        this.#generates = generates;
        this.#budget = budget;
        const named = reading_MODEL_IN_PATH.exec(path)?.[1];
        this.#asked = isModel(named) ? named : null;
        if (this.#asked !== null || !generates)
            return;
        this.#askedScanner = new JsonScanner(dialect.model, (value) => {
            if (isModel(value))
                this.#asked ??= value;
        });
    }
    /** Reads which model a request asks for, from a chunk of its body. */
    ask(chunk) {
        if (this.#asked === null)
            this.#askedScanner?.push(chunk);
        else
            this.#askedScanner = undefined;
    }
    /**
     * Begins with an answer. A failed one costs nothing.
     *
     * @param onMessage called for each message of a WebSocket that has a count, with the number of such messages so far
     */
    open(response, onMessage) {
        const { statusCode = 0, rawHeaders } = response;
        if (statusCode >= 300)
            return;
        this.#form = formOf(response);
        this.#names = new ModelNames(this.#form === 'messages' ? 'each' : this.#dialect.isModelLast ? 'last' : 'first');
        this.#onMessage = onMessage;
        this.#scanners = [
            // First, because the count of a message is charged at once, and needs the model.
            new JsonScanner(this.#dialect.model, (value) => {
                this.#names.see(value);
            }),
            new JsonScanner(this.#dialect.usage, (value, rest) => {
                if (json_isObject(value))
                    this.#count(value, rest);
            }),
        ];
        const decoder = decoderFor(headerValue(rawHeaders, 'content-encoding'));
        if (decoder === null)
            this.#scanners = [];
        else if (decoder !== undefined) {
            this.#decoding = new DecodingTap(decoder, (chunk) => {
                this.#read(chunk);
            });
        }
    }
    /** Keeps a chunk that is on its way to the client, to be read once it has left. */
    keep(chunk) {
        this.#kept.push(chunk);
    }
    /** Reads the chunks that were kept. */
    catchUp() {
        for (const chunk of this.#kept)
            this.push(chunk);
        this.#kept.length = 0;
    }
    push(chunk) {
        if (this.#form === undefined)
            return;
        if (this.#decoding)
            this.#decoding.push(chunk);
        else
            this.#read(chunk);
    }
    #read(chunk) {
        this.#uncounted = chunk.length;
        for (const scanner of this.#scanners)
            scanner.push(chunk);
        this.#octets += this.#uncounted;
        if (this.#form === 'events')
            this.#events += eventsIn(chunk, chunk.length - this.#uncounted);
        if (this.#names.isSettled && this.#scanners.length > 1)
            this.#scanners.shift();
    }
    #count(counts, rest) {
        this.#octets = 0;
        this.#events = 0;
        this.#uncounted = rest;
        if (this.#form !== 'messages') {
            this.#counts = { ...this.#counts, ...counts };
            return;
        }
        this.#earlier = this.#reported;
        this.#counts = counts;
        this.#charge(this.#reported);
        this.#names.endAnswer();
        this.#onMessage?.(++this.#messages);
    }
    /** What the answer has reported so far. */
    get #reported() {
        return this.#counts ? (0,shared_usage/* sumOfUsage */.K4)(this.#earlier, this.#dialect.read(this.#counts)) : this.#earlier;
    }
    /** @param total of all that the answer has used so far */
    #charge(total) {
        const { provider } = this.#dialect;
        this.#budget.charge({
            provider,
            model: this.#names.current ?? this.#asked,
            usage: (0,shared_usage/* usageBeyond */.$e)(total, this.#charged),
        });
        this.#charged = total;
    }
    /**
     * Writes the usage into the record of a request that has ended.
     *
     * @returns undefined if that is done already, otherwise a promise
     */
    end(record) {
        this.catchUp();
        if (!this.#decoding) {
            this.#settle(record);
            return undefined;
        }
        return this.#decoding.end().then(() => {
            this.#settle(record);
        });
    }
    #settle(record) {
        record.model = this.#names.all;
        const isReported = this.#counts !== undefined;
        // If the client left before the answer began, the provider has read the request all the same.
        const isAnswered = this.#form !== undefined || record.error === 'client_closed';
        const estimated = this.#generates && isAnswered ? this.#estimate(record, isReported) : undefined;
        if (!isReported && !estimated)
            return;
        record.model ??= this.#asked;
        record.usage = { ...(0,shared_usage/* sumOfUsage */.K4)(this.#reported, estimated ?? shared_usage/* NO_USAGE */.yJ), estimated: estimated !== undefined };
        this.#charge(record.usage);
    }
    #estimate({ requestBytes, error }, isReported) {
        const isCut = this.#form === 'messages' ? this.#octets > CHATTER : error !== null || !isReported;
        if (!isCut)
            return undefined;
        return {
            ...shared_usage/* NO_USAGE */.yJ,
            inputTokens: isReported ? 0 : tokensIn(requestBytes),
            outputTokens: this.#form === 'events' ? this.#events : tokensIn(this.#octets),
        };
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/provider-service.js












/** A provider's inference API. */
class ProviderService {
    provider;
    host;
    pathForm = 'inference';
    credentialQuery;
    maxBodyBytes;
    subprotocols;
    #options;
    #dialect;
    #spending;
    constructor(options) {
        const { provider, budget, maxBodyBytes, host } = options;
        this.#options = options;
        this.provider = provider.id;
        this.host = host ?? null;
        this.credentialQuery = new Set(provider.credentialQuery.map((name) => name.toLowerCase()));
        this.maxBodyBytes = maxBodyBytes;
        this.subprotocols = provider.subprotocols;
        this.#dialect = prepareDialect(provider);
        this.#spending = budget.spendingOf(provider);
    }
    answer({ method, path }, answer) {
        const { provider, way, modelChoice } = this.#options;
        // Under the provider's own name, every path is the provider's.
        if (this.host !== null)
            return false;
        if (path === '/health' && (method === 'GET' || method === 'HEAD')) {
            answerHealth(provider.id, way !== undefined, answer);
            return true;
        }
        if (modelChoice === undefined || path !== MODEL_CHOICE_PATH || method !== 'GET')
            return false;
        void answerModelChoice(modelChoice.choice, modelChoice.modelListMs, answer);
        return true;
    }
    decide(asked, { rawHeaders }, isUpgrade) {
        const { provider, way, budget } = this.#options;
        if (!way)
            throw (0,errors/* notConfigured */.q5)(provider);
        const { route, checkEndpoint, toolGuard } = way;
        const { generates, isKnown, path } = checkEndpoint(isUpgrade ? { ...asked, method: 'WEBSOCKET' } : asked);
        const admitted = path === asked.path ? asked : { ...asked, path };
        return {
            admitted,
            route,
            judge: isKnown ? toolGuard.admit(admitted, rawHeaders) : undefined,
            usage: new UsageReading(this.#dialect, path, generates, budget),
            spending: this.#spending,
            rule: null,
        };
    }
    errorAnswer(error) {
        return jsonAnswer(this.#options.provider.errorBody(error));
    }
}
/** Composes the way to a configured provider. */
function providerWay(provider, configured, agent, { allowEndpoints = [], allowProviderTools = [] }, log) {
    const { target, credential } = configured;
    // A gateway may be set up to echo headers. The providers themselves do not, so their clients keep compression.
    const isOwn = isOwnHost(provider, target.host);
    const plainOnly = !isOwn;
    const guard = new ReflectionGuard([credential], { plainOnly }, () => {
        log.event('warn', 'credential-reflected', { provider: provider.id });
    });
    const route = {
        ...{ target, agent, guard },
        authority: authorityOf(target),
        upstreamPath: pathsBelow(target.basePath),
        rules: headerRules(provider, configured, plainOnly),
    };
    const added = allowEndpoints.filter((endpoint) => endpoint.provider === provider.id);
    return {
        ...{ route, agent },
        toolGuard: new ToolGuard(provider, allowProviderTools),
        checkEndpoint: endpointCheck(provider, added, isOwn),
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/transparent/http-forwarder.js







/** RFC 9110, section 7.6.1, and what speaks to a proxy. They concern one connection. `Expect` was answered here. */
const ONE_HOP = new Set([
    ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'te', 'trailer'],
    ...['transfer-encoding', 'upgrade', 'expect'],
]);
/** A name, for the port of HTTP. */
const HOST = /^([a-z0-9._-]{1,253}?)\.?(?::80)?$/;
/** What cannot be passed on as the one thing that everybody would take it for. */
class BadRequest extends Error {
}
/**
 * Carries requests of HTTP to the host that each of them names. Each becomes a request of its own to Squid, which decides
 * on it. Only what was parsed is passed on, so nobody behind can find a second request in the first one's octets.
 */
class HttpForwarder {
    server;
    #options;
    #forwarded = 0;
    constructor(options) {
        this.#options = options;
        this.server = createPlainServer({ ...options.limits, requestTimeoutMs: options.limits.uploadTimeoutMs });
        this.server.on('request', (client, answer) => {
            this.#serve(client, answer);
        });
        this.server.on('upgrade', (_, socket) => {
            socket.end('HTTP/1.1 501 Not Implemented\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        });
    }
    #serve(client, answer) {
        if (this.#forwarded >= FORWARDED_CONNECTIONS.http) {
            http_forwarder_refuse(answer, 503, 'Too many requests are under way at the same time.');
            return;
        }
        try {
            this.#forward(client, answer, target(client));
        }
        catch (error) {
            // Whatever it is: nobody else would catch it, and this process serves others, too.
            if (error instanceof BadRequest)
                http_forwarder_refuse(answer, 400, error.message);
            else
                http_forwarder_refuse(answer, 502, `The firewall cannot pass the request on (${(0,errors/* errorCode */.CA)(error)}).`);
        }
    }
    #forward(client, answer, { name, path }) {
        const { proxy, limits, log } = this.#options;
        const { hostname, port } = proxy;
        const upstream = (0,external_node_http_namespaceObject.request)({
            ...{ host: hostname, port: Number(port), agent: false, method: client.method ?? 'GET' },
            path: `http://${name}${path}`,
            headers: [...passedHeaders(client.rawHeaders, ['host', name]), ...framing(client)],
            ...{ maxHeaderSize: limits.upstreamHeadBytes, timeout: limits.upstreamIdleMs },
        });
        upstream.maxHeadersCount = 0;
        const fail = (detail) => {
            upstream.destroy();
            log.event('debug', 'not-carried', { reason: detail, host: hostname });
            if (answer.headersSent)
                answer.destroy();
            else
                http_forwarder_refuse(answer, 502, `The firewall's Squid did not answer (${detail}).`);
        };
        upstream.on('timeout', () => {
            fail('timeout');
        });
        upstream.on('error', (error) => {
            fail((0,errors/* errorCode */.CA)(error));
        });
        upstream.on('response', (response) => {
            response.on('error', (error) => {
                fail((0,errors/* errorCode */.CA)(error));
            });
            answer.sendDate = false;
            try {
                // Node reads answers that it does not write: with control characters, or a status below 100.
                answer.writeHead(response.statusCode ?? 502, response.statusMessage, passedHeaders(response.rawHeaders));
            }
            catch (error) {
                fail((0,errors/* errorCode */.CA)(error));
                return;
            }
            response.pipe(answer);
        });
        this.#forwarded += 1;
        answer.on('close', () => {
            this.#forwarded -= 1;
            upstream.destroy();
        });
        client.pipe(upstream);
    }
    close() {
        this.server.close();
        this.server.closeAllConnections();
    }
}
/** @throws BadRequest if it is not certain what the request is for */
function target({ url = '', rawHeaders, httpVersion }) {
    const hosts = [];
    eachHeader(rawHeaders, (name, value) => {
        if (name === 'host')
            hosts.push(value.trim().toLowerCase());
        // A coding that this server does not undo would reach the host without its name.
        if (name === 'transfer-encoding' && value.trim().toLowerCase() !== 'chunked') {
            throw new BadRequest('The only Transfer-Encoding that the firewall passes is chunked.');
        }
    });
    const name = HOST.exec(hosts[0] ?? '')?.[1];
    if (hosts.length !== 1 || name === undefined) {
        throw new BadRequest('The request must have exactly one Host, with the name of the host and no port but 80.');
    }
    if (httpVersion !== '1.1' && httpVersion !== '1.0')
        throw new BadRequest('The firewall passes HTTP/1.1 and 1.0.');
    // RFC 9112, section 3.2: a client that takes us for the host itself sends a path, or `*` with OPTIONS.
    if (!url.startsWith('/'))
        throw new BadRequest('The request target must be a path.');
    return { name, path: url };
}
/** Node frames no body of a `GET` by itself, and what is not framed would be read as the next request. */
function framing({ headers }) {
    return headers['transfer-encoding'] === undefined ? [] : ['transfer-encoding', 'chunked'];
}
/** @param first a header that the client's own of the same name gives way to */
function passedHeaders(rawHeaders, first = []) {
    const dropped = new Set([...ONE_HOP, ...first.slice(0, 1)]);
    eachHeader(rawHeaders, (name, value) => {
        if (name === 'connection')
            for (const option of connectionOptions(value))
                dropped.add(option);
    });
    // Whatever `Connection` names, the body keeps its end.
    dropped.delete('content-length');
    const passed = [...first];
    eachHeader(rawHeaders, (name, value, spelling) => {
        if (!dropped.has(name))
            passed.push(spelling, value);
    });
    return passed;
}
function http_forwarder_refuse(answer, status, text) {
    Connection.of(answer.req.socket).isDoomed = true;
    answer.writeHead(status, external_node_http_namespaceObject.STATUS_CODES[status] ?? '', {
        'content-type': 'text/plain; charset=utf-8',
        connection: 'close',
    });
    answer.end(`${text}\n`);
}

;// CONCATENATED MODULE: external "node:dgram"
const external_node_dgram_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:dgram");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/host-pattern.js
/** Whether `host` is `domain` or one of its subdomains. */
function isWithin(host, domain) {
    return host === domain || host.endsWith(`.${domain}`);
}
/** Whether `pattern` covers `host`. */
function covers({ host: base, match }, host) {
    if (match === 'host')
        return host === base;
    return match === 'domain' ? isWithin(host, base) : host !== base && isWithin(host, base);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/transparent.js
/* What the sidecar carries for programs that ask no proxy. */

/** Whether the sidecar's resolver has an answer for `name`, which is in lower case and without a trailing dot. */
function isAnswered({ allow, deny }, name) {
    if (deny.some((pattern) => covers(pattern, name)))
        return false;
    return allow === undefined || allow.some((pattern) => covers(pattern, name));
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/transparent/dns-message.js
/** Queries of the DNS and their answers, as far as the sidecar's resolver needs them (RFC 1035, section 4.1). */
const HEADER_BYTES = 12;
/** RFC 1035, section 2.3.4: the octets of a name, the lengths of its labels included. */
const MAX_NAME_BYTES = 255;
/** RFC 1035, section 4.1.4: a label's length has two bits that are zero. With them, it would point somewhere else. */
const MAX_LABEL_BYTES = 63;
/** A host's name. Any other octets, a dot within a label included, could be read as another name by somebody else. */
const LABEL = /^[a-z0-9_-]+$/;
/** Seconds that a client may keep an answer. It is the same for the whole run. */
const TTL_SECONDS = 60;
/** RFC 1035, section 3.2.2: IPv4 addresses, and everything. */
const TYPES = [1, 255];
const INTERNET = 1;
/** RFC 1035, section 4.1.1. */
const RESPONSE_CODES = { ok: 0, malformed: 1, unknownName: 3, notImplemented: 4 };
/** The kind of the query, and whether the client wants recursion. */
const REPEATED_FLAGS = 0x7900;
const RESPONSE = 0x8000;
const RECURSION_AVAILABLE = 0x0080;
/** @returns undefined for what must not be answered: an answer, or too little to have a header */
function readQuery(message) {
    if (message.length < HEADER_BYTES)
        return undefined;
    const flags = message.readUInt16BE(2);
    if ((flags & RESPONSE) !== 0)
        return undefined;
    return {
        id: message.readUInt16BE(0),
        flags: flags & REPEATED_FLAGS,
        isOrdinary: (flags & 0x7800) === 0,
        question: message.readUInt16BE(4) === 1 ? readQuestion(message) : undefined,
    };
}
function readQuestion(message) {
    const labels = [];
    let at = HEADER_BYTES;
    for (;;) {
        const length = message[at];
        // The first name of a message has nothing to point to, so a pointer can only be a trap.
        if (length === undefined || length > MAX_LABEL_BYTES)
            return undefined;
        at += 1;
        if (length === 0)
            break;
        labels.push(message.toString('latin1', at, at + length).toLowerCase());
        at += length;
        if (at - HEADER_BYTES >= MAX_NAME_BYTES)
            return undefined;
    }
    if (at + 4 > message.length)
        return undefined;
    const isHost = labels.length > 0 && labels.every((label) => LABEL.test(label));
    return {
        name: isHost ? labels.join('.') : undefined,
        wantsAddress: TYPES.includes(message.readUInt16BE(at)) && message.readUInt16BE(at + 2) === INTERNET,
        octets: message.subarray(HEADER_BYTES, at + 4),
    };
}
/** @param address an IPv4 address; undefined for an answer without one */
function writeAnswer({ id, flags, question }, code, address) {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(id, 0);
    header.writeUInt16BE(RESPONSE | flags | RECURSION_AVAILABLE | code, 2);
    if (question === undefined)
        return header;
    header.writeUInt16BE(1, 4);
    if (address === undefined)
        return Buffer.concat([header, question.octets]);
    header.writeUInt16BE(1, 6);
    return Buffer.concat([header, question.octets, addressRecord(address)]);
}
function addressRecord(address) {
    const record = Buffer.alloc(16);
    // The name is the question's, right behind the header.
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
    record.writeUInt16BE(1, 2);
    record.writeUInt16BE(INTERNET, 4);
    record.writeUInt32BE(TTL_SECONDS, 6);
    record.writeUInt16BE(4, 10);
    for (const [index, octet] of address.split('.').entries())
        record.writeUInt8(Number(octet), 12 + index);
    return record;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/transparent/resolver.js






/** Octets of a query. One name, its type and an extension or two take a fraction of it. */
const MAX_QUERY_BYTES = 4_096;
/** Connections of clients that ask over TCP. */
const MAX_CONNECTIONS = 256;
/**
 * Answers that such a connection gets before it ends. Clients ask for two, and connect again if they want more. Others would
 * have us answer until every buffer on the way is full, and everybody else would wait.
 */
const MAX_ANSWERS = 100;
/** RFC 6761, section 6.3: names of the sandbox itself, whatever the policy says. Not every program reads /etc/hosts. */
const OWN_NAME = /^(?:.+\.)?localhost$/;
const LOOPBACK = '127.0.0.1';
/** Refused names in the log. Each is logged once, and the command chooses how many there are. */
const MAX_LOGGED_NAMES = 1_000;
/**
 * The sandbox's resolver. It answers allowed names with the sidecar's own address and knows no others. It never asks
 * another resolver, so no query leaves the sandbox, whatever data its name carries.
 */
class Resolver {
    #policy;
    #log;
    #refused = new Set();
    #udp;
    #tcp;
    #open = new Set();
    constructor(policy, limits, log) {
        this.#policy = policy;
        this.#log = log;
        this.#udp = (0,external_node_dgram_namespaceObject.createSocket)({
            type: 'udp4',
            // Our own address needs no resolver, and this keeps Node from loading its own.
            lookup: (address, _, found) => {
                found(null, address, 4);
            },
        });
        this.#udp.on('error', () => undefined);
        this.#udp.on('message', (message, { address, port }) => {
            const answer = message.length > MAX_QUERY_BYTES ? undefined : this.answer(message);
            if (answer)
                this.#udp.send(answer, port, address);
        });
        this.#tcp = (0,external_node_net_namespaceObject.createServer)((socket) => {
            this.#accept(socket, limits.headTimeoutMs);
        });
        this.#tcp.maxConnections = MAX_CONNECTIONS;
    }
    /** @returns undefined for a message that gets no answer */
    answer(message) {
        const query = readQuery(message);
        return query && this.#answerTo(query);
    }
    #answerTo(query) {
        const { question } = query;
        if (!query.isOrdinary)
            return writeAnswer({ ...query, question: undefined }, RESPONSE_CODES.notImplemented);
        if (!question)
            return writeAnswer(query, RESPONSE_CODES.malformed);
        const { name, wantsAddress } = question;
        if (name !== undefined && OWN_NAME.test(name)) {
            return writeAnswer(query, RESPONSE_CODES.ok, wantsAddress ? LOOPBACK : undefined);
        }
        if (name === undefined || !isAnswered(this.#policy, name)) {
            if (name !== undefined)
                this.#logRefusal(name);
            // Programs ask again after a refusal, and some wait. That a name does not exist ends every lookup at once.
            return writeAnswer(query, RESPONSE_CODES.unknownName);
        }
        // The name exists, and has no record of any other kind. A program that asks for IPv6 first goes on to IPv4.
        return writeAnswer(query, RESPONSE_CODES.ok, wantsAddress ? this.#policy.address : undefined);
    }
    #logRefusal(name) {
        if (this.#refused.has(name) || this.#refused.size >= MAX_LOGGED_NAMES)
            return;
        this.#refused.add(name);
        this.#log.event('info', 'lookup-refused', { name });
    }
    /** RFC 1035, section 4.2.2: over TCP, each message comes after its length in two octets. */
    #accept(socket, idleMs) {
        this.#open.add(socket);
        socket.on('close', () => this.#open.delete(socket));
        socket.on('error', () => undefined);
        socket.setTimeout(idleMs, () => socket.destroy());
        let waiting = Buffer.alloc(0);
        let answered = 0;
        const onData = (chunk) => {
            waiting = Buffer.concat([waiting, chunk]);
            const answers = [];
            while (waiting.length >= 2 && answered < MAX_ANSWERS) {
                const length = waiting.readUInt16BE(0);
                if (length > MAX_QUERY_BYTES) {
                    socket.destroy();
                    return;
                }
                if (waiting.length < 2 + length)
                    break;
                const answer = this.answer(waiting.subarray(2, 2 + length));
                if (answer)
                    answers.push(framed(answer));
                answered++;
                waiting = waiting.subarray(2 + length);
            }
            // A client that never reads must not make us keep its answers.
            const isTaken = answers.length === 0 || socket.write(Buffer.concat(answers));
            if (isTaken && answered < MAX_ANSWERS)
                return;
            socket.off('data', onData);
            socket.destroySoon();
        };
        socket.on('data', onData);
    }
    /** @param port 0 for a free one @returns the port, of both protocols */
    async listen(port, host) {
        const bound = (0,external_node_events_namespaceObject.once)(this.#udp, 'listening');
        this.#udp.bind({ port, address: host ?? '0.0.0.0' });
        await bound;
        return await listen(this.#tcp, this.#udp.address().port, host);
    }
    close() {
        this.#udp.close();
        this.#tcp.close();
        for (const socket of this.#open)
            socket.destroy();
    }
}
function framed(message) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    return Buffer.concat([length, message]);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/transparent/ssh-refusal.js

/** What a client of SSH prints: the only thing that it shows of a server which it has not trusted yet. */
const SSH_REFUSAL = 'AWF carries HTTPS and HTTP only, not SSH. For git, use the https:// URL of the repository.';
/** RFC 4253, sections 11.1 and 12. */
const SSH_MSG_DISCONNECT = 1;
const BY_APPLICATION = 11;
/** RFC 4253, section 6: before there is a cipher, a packet's length is a multiple of this. */
const BLOCK = 8;
const SHORTEST_PADDING = 4;
/** Milliseconds that a client may take to read it. */
const LINGER_MS = 5_000;
const ssh_refusal_MAX_CONNECTIONS = 64;
/** Greets a client of SSH, says why it gets no further, and ends the connection. Nothing that it sends is read. */
function createSshRefusal() {
    const refusal = Buffer.concat([Buffer.from('SSH-2.0-awf\r\n'), packet(disconnect(SSH_REFUSAL))]);
    const server = (0,external_node_net_namespaceObject.createServer)((socket) => {
        socket.on('error', () => undefined);
        socket.setTimeout(LINGER_MS, () => socket.destroy());
        socket.end(refusal);
        socket.resume();
    });
    server.maxConnections = ssh_refusal_MAX_CONNECTIONS;
    return server;
}
function number(value) {
    const octets = Buffer.alloc(4);
    octets.writeUInt32BE(value);
    return octets;
}
function disconnect(reason) {
    const noLanguage = number(0);
    const text = Buffer.from(reason);
    return Buffer.concat([
        Buffer.from([SSH_MSG_DISCONNECT]),
        number(BY_APPLICATION),
        number(text.length),
        text,
        noLanguage,
    ]);
}
function packet(payload) {
    const unpadded = 4 + 1 + payload.length;
    const padding = SHORTEST_PADDING + ((BLOCK - ((unpadded + SHORTEST_PADDING) % BLOCK)) % BLOCK);
    return Buffer.concat([number(1 + payload.length + padding), Buffer.from([padding]), payload, Buffer.alloc(padding)]);
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/transparent/client-hello.js
/** Reads the server name of a TLS client (RFC 8446, sections 4.1.2 and 5.1; RFC 6066, section 3). */
/** Octets that a hello may have, those of the records around it included. Certificates and keys are not in it. */
const MAX_HELLO_BYTES = 32 * 1024;
const RECORD_HEADER_BYTES = 5;
const MAX_RECORD_BYTES = 16 * 1024;
const MESSAGE_HEADER_BYTES = 4;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
/**
 * Reads a beginning that arrives in pieces. It goes on where it was: a client can send a hello in thousands of records, one
 * by one, and everybody else would wait if all of them were read again with each.
 */
class ClientHelloReader {
    /** Octets that have been read. */
    #at = 0;
    /** Where in them the message is. */
    #parts = [];
    /** Octets of the message so far. */
    #collected = 0;
    /** Its first octets. */
    #header = [];
    /** @param octets all that have arrived, from the first one on */
    read(octets) {
        for (;;) {
            const at = this.#at;
            const end = at + RECORD_HEADER_BYTES;
            if (octets.length > at && octets[at] !== HANDSHAKE)
                return 'not-tls';
            if (octets.length < end)
                return end;
            const length = octets.readUInt16BE(at + 3);
            // The version of the record layer is 3.x in all versions of TLS.
            if (octets[at + 1] !== 3 || length === 0 || length > MAX_RECORD_BYTES)
                return 'not-tls';
            if (end + length > MAX_HELLO_BYTES)
                return 'not-tls';
            if (octets.length < end + length)
                return end + length;
            this.#at = end + length;
            this.#add(octets, end, this.#at);
            const size = this.#size;
            if (size === 'not-tls')
                return size;
            if (this.#collected >= size)
                return { serverName: serverName(this.#message(octets).subarray(0, size)) };
        }
    }
    #add(octets, from, to) {
        this.#parts.push({ from, to });
        this.#collected += to - from;
        const missing = MESSAGE_HEADER_BYTES - this.#header.length;
        if (missing > 0)
            this.#header.push(...octets.subarray(from, Math.min(to, from + missing)));
    }
    /** The octets of the hello with its header, as far as that can be told. */
    get #size() {
        const [kind, ...length] = this.#header;
        if (length.length < MESSAGE_HEADER_BYTES - 1)
            return MESSAGE_HEADER_BYTES;
        return kind === CLIENT_HELLO ? MESSAGE_HEADER_BYTES + Buffer.from(length).readUIntBE(0, 3) : 'not-tls';
    }
    #message(octets) {
        return Buffer.concat(this.#parts.map(({ from, to }) => octets.subarray(from, to)));
    }
}
/** Walks through a message. What lies behind its end is empty, so that a wrong length cannot lead outside. */
class Cursor {
    #rest;
    constructor(octets) {
        this.#rest = octets;
    }
    get isAtEnd() {
        return this.#rest.length === 0;
    }
    take(length) {
        const taken = this.#rest.subarray(0, length);
        this.#rest = this.#rest.subarray(length);
        return taken;
    }
    number(octets) {
        const taken = this.take(octets);
        return taken.length < octets ? 0 : taken.readUIntBE(0, octets);
    }
    /** A field that comes after its own length. */
    vector(lengthOctets) {
        return this.take(this.number(lengthOctets));
    }
}
function serverName(message) {
    const hello = new Cursor(message.subarray(MESSAGE_HEADER_BYTES));
    hello.take(2 + 32); // version and random
    hello.vector(1); // session
    hello.vector(2); // cipher suites
    hello.vector(1); // compression methods
    const extensions = new Cursor(hello.vector(2));
    while (!extensions.isAtEnd) {
        const type = extensions.number(2);
        const content = extensions.vector(2);
        if (type === SERVER_NAME)
            return hostName(content);
    }
    return undefined;
}
function hostName(extension) {
    const names = new Cursor(new Cursor(extension).vector(2));
    while (!names.isAtEnd) {
        const kind = names.number(1);
        const name = names.vector(2).toString('latin1').toLowerCase().replace(/\.$/, '');
        if (kind === 0)
            return name === '' ? undefined : name;
    }
    return undefined;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/transparent/tls-forwarder.js




/** A host's name as it may stand in a request for a tunnel. Squid judges it again, the same way as any other. */
const NAME = /^[a-z0-9._-]{1,253}$/;
/** RFC 8446, sections 6 and 6.2: the record of a fatal alert, `unrecognized_name`. */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);
/**
 * Carries TLS connections to the host that they name. Squid decides on the name and reads it again from the same octets:
 * nothing here is decrypted, and nothing here decides.
 */
class TlsForwarder {
    #options;
    #servers = [];
    #open = new Set();
    #forwarded = 0;
    constructor(options) {
        this.#options = options;
    }
    /** @returns a server whose connections lead to `port` of the host that each of them names */
    serverFor(port) {
        // Each side may end its direction first.
        const server = (0,external_node_net_namespaceObject.createServer)({ allowHalfOpen: true, noDelay: true }, (socket) => {
            this.#accept(socket, port);
        });
        server.maxConnections = this.#options.limits.connections;
        this.#servers.push(server);
        return server;
    }
    #accept(client, port) {
        this.#open.add(client);
        client.on('close', () => this.#open.delete(client));
        client.on('error', () => client.destroy());
        const timer = setTimeout(() => client.destroy(), this.#options.limits.headTimeoutMs);
        const stop = () => {
            clearTimeout(timer);
            client.off('data', onData);
            client.off('end', onEnd);
        };
        const onEnd = () => {
            client.destroy();
        };
        const reader = new ClientHelloReader();
        let chunks = [];
        let [length, needed] = [0, 0];
        const onData = (chunk) => {
            chunks.push(chunk);
            length += chunk.length;
            // Reading only when there is enough keeps a client that sends single octets from costing more than others.
            if (length < needed)
                return;
            const octets = Buffer.concat(chunks);
            chunks = [octets];
            const beginning = reader.read(octets);
            if (typeof beginning === 'number') {
                needed = beginning;
                return;
            }
            stop();
            if (beginning === 'not-tls') {
                this.#options.log.event('debug', 'not-carried', { reason: 'not-tls' });
                client.destroy();
                return;
            }
            client.pause();
            client.unshift(octets);
            this.#onHello(client, beginning.serverName, port);
        };
        client.once('close', stop);
        client.on('end', onEnd);
        client.on('data', onData);
    }
    #onHello(client, name, port) {
        const { named, log } = this.#options;
        if (port === HOST_PORTS.direct && name !== undefined && named?.has(name) === true) {
            // A TLS server over a connection that stays half open would wait for the rest of a handshake forever.
            client.allowHalfOpen = false;
            named.acceptDirect(client);
        }
        else if (name === undefined || !NAME.test(name)) {
            log.event('debug', 'not-carried', { reason: name === undefined ? 'no-server-name' : 'odd-server-name' });
            tls_forwarder_refuse(client);
        }
        else if (this.#forwarded >= FORWARDED_CONNECTIONS.tls) {
            log.event('debug', 'not-carried', { reason: 'too-many', host: name });
            tls_forwarder_refuse(client);
        }
        else {
            this.#forward(client, name, port);
        }
    }
    #forward(client, name, port) {
        const { limits, log } = this.#options;
        this.#forwarded += 1;
        const tunnel = this.#askForTunnel(`${name}:${String(port)}`);
        const giveUp = (detail) => {
            log.event('debug', 'not-carried', { reason: detail, host: name });
            tunnel.destroy();
            tls_forwarder_refuse(client);
        };
        const timer = setTimeout(giveUp, limits.connectTimeoutMs, 'timeout');
        client.once('close', () => {
            this.#forwarded -= 1;
            clearTimeout(timer);
            tunnel.destroy();
        });
        tunnel.on('error', ({ message }) => {
            clearTimeout(timer);
            giveUp(message);
        });
        tunnel.on('connect', ({ statusCode }, upstream, head) => {
            clearTimeout(timer);
            upstream.on('error', () => upstream.destroy());
            // Nobody can answer a hello that has not been sent.
            if (statusCode === 200 && head.length === 0 && !client.destroyed)
                join(client, upstream, limits.upstreamIdleMs);
            else {
                upstream.destroy();
                giveUp(`CONNECT ${String(statusCode)}`);
            }
        });
        tunnel.end();
    }
    #askForTunnel(authority) {
        const { hostname, port } = this.#options.proxy;
        const path = { method: 'CONNECT', path: authority, headers: { host: authority } };
        const createConnection = () => (0,external_node_net_namespaceObject.connect)({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
        return (0,external_node_http_namespaceObject.request)({ ...path, createConnection });
    }
    close() {
        for (const server of this.#servers)
            server.close();
        for (const socket of this.#open)
            socket.destroy();
    }
}
/** Ends a connection in a way that clients report as a refusal of the name. */
function tls_forwarder_refuse(client) {
    if (client.destroyed)
        return;
    client.end(UNRECOGNIZED_NAME, () => client.destroy());
}
function join(client, upstream, idleMs) {
    for (const [one, other] of [
        [client, upstream],
        [upstream, client],
    ]) {
        one.pipe(other);
        // What has arrived still goes out.
        one.on('close', () => {
            other.destroySoon();
        });
        one.setTimeout(idleMs, () => one.destroy());
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/transparent/transparent.js






/** Everything for programs that ask no proxy: the resolver leads them here, and the forwarders carry them to Squid. */
class Transparent {
    #resolver;
    #http;
    #tls;
    #tlsPorts;
    #ssh = createSshRefusal();
    constructor(policy, named, limits, log) {
        const options = { proxy: new URL(policy.proxyUrl), limits, log };
        this.#resolver = new Resolver(policy, limits, log);
        this.#http = new HttpForwarder(options);
        this.#tls = new TlsForwarder({ ...options, named });
        this.#tlsPorts = policy.tlsPorts;
    }
    /**
     * Listens. The resolver comes last, over TCP: once it accepts a connection, everything else does too.
     *
     * @param ports 0 for a free one
     * @throws Error if a port cannot be listened on
     */
    async listen(ports, host) {
        const [http, tls, ssh] = await Promise.all([
            listen(this.#http.server, ports.http, host),
            listen(this.#tls.serverFor(TRANSPARENT_PORTS.tls), ports.tls, host),
            listen(this.#ssh, ports.ssh, host),
            ...this.#tlsPorts.map((port) => listen(this.#tls.serverFor(port), port, host)),
        ]);
        return { http, tls, ssh, dns: await this.#resolver.listen(ports.dns, host) };
    }
    close() {
        this.#resolver.close();
        this.#http.close();
        this.#tls.close();
        this.#ssh.close();
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/upstream/agent.js






const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/**
 * The public roots as Node has them, including NODE_EXTRA_CA_CERTS, and the user's own authorities.
 *
 * @returns loads them at the first call. It takes 15 ms, and the command waits until the sidecar listens.
 * @throws Error if `upstreamCa` contains no certificate or a broken one, which Node itself would silently ignore
 */
function trustStore(upstreamCa) {
    // Without `ca`, Node uses its prepared store. Parsing the roots from PEM would take 14 ms and 2 MB.
    let made = upstreamCa === undefined ? undefined : withAuthorities(upstreamCa);
    return () => (made ??= (0,external_node_tls_namespaceObject.createSecureContext)());
}
function withAuthorities(upstreamCa) {
    const certificates = upstreamCa.match(PEM_CERTIFICATE) ?? [];
    if (certificates.length === 0)
        throw new Error('upstream-ca contains no PEM certificate.');
    try {
        for (const certificate of certificates)
            new external_node_crypto_.X509Certificate(certificate);
    }
    catch (cause) {
        throw new Error('upstream-ca contains a PEM certificate that cannot be read.', { cause });
    }
    const secureContext = (0,external_node_tls_namespaceObject.createSecureContext)();
    // The option `ca` would replace the prepared store; this adds to it.
    const store = secureContext.context;
    for (const certificate of certificates)
        store.addCACert(certificate);
    return secureContext;
}
/** Failures before the first octet of a request was sent, where a second attempt may succeed. */
const TRANSIENT = [
    'proxy_unreachable',
    'upstream_dns_error',
    'upstream_unreachable',
    'upstream_handshake_closed',
];
const isTransient = (error) => error instanceof errors/* ProxyError */.T6 && TRANSIENT.includes(error.code) && error.detail !== TIMED_OUT;
const isSquidStarting = (error) => error instanceof errors/* ProxyError */.T6 && error.code === 'proxy_unreachable';
/** Keeps a provider's tunnels and their TLS sessions for reuse, so a client's second request pays for no handshake. */
class TunnelAgent extends external_node_http_namespaceObject.Agent {
    #options;
    #limits;
    /** Opened before the first request, which takes it whether or not it is finished. */
    #spare;
    /** A request has arrived. It prefers an error now over waiting for a Squid that does not start. */
    #wanted = false;
    constructor(options, limits) {
        // This timeout applies to unused sockets. Each request sets its own for as long as it uses one.
        super({ keepAlive: true, maxFreeSockets: limits.idleTunnels, timeout: limits.tunnelIdleMs, scheduling: 'lifo' });
        this.#options = options;
        this.#limits = limits;
    }
    /** All sockets of an agent are interchangeable, because it has one target. */
    getName() {
        return 'tunnel';
    }
    createConnection(_, callback) {
        this.#take().then((socket) => callback?.(null, socket), (error) => callback?.(error));
    }
    /**
     * Opens a tunnel for the first request, and tries again while Squid is starting.
     *
     * @throws ProxyError if the tunnel cannot be opened; each request then tries for itself
     */
    async prewarm() {
        const spare = this.#openWhileStarting();
        this.#spare = spare;
        try {
            const socket = await spare;
            socket.setTimeout(this.#limits.tunnelIdleMs, () => {
                if (this.#spare === spare)
                    socket.destroy();
            });
            socket.unref();
        }
        catch (error) {
            if (this.#spare === spare)
                this.#spare = undefined;
            throw error;
        }
    }
    async #openWhileStarting() {
        const deadline = Date.now() + this.#limits.prewarmMs;
        for (;;) {
            try {
                return await openTunnel(this.#options);
            }
            catch (error) {
                // Wait only for a Squid that does not listen yet. What it answers would be the same the next time.
                if (this.#wanted || !isSquidStarting(error) || Date.now() > deadline)
                    throw error;
            }
            await (0,promises_.setTimeout)(this.#limits.connectRetryMs, undefined, { ref: false });
        }
    }
    async #take() {
        const spare = this.#spare;
        this.#spare = undefined;
        this.#wanted = true;
        const socket = await spare?.catch(() => undefined);
        if (socket?.writable === true) {
            socket.setTimeout(0);
            return socket.ref();
        }
        return await this.#open();
    }
    /** Nothing of the request is sent while its tunnel is opening, so one more attempt is safe. */
    async #open() {
        try {
            return await openTunnel(this.#options);
        }
        catch (error) {
            if (!isTransient(error))
                throw error;
        }
        await (0,promises_.setTimeout)(this.#limits.connectRetryMs);
        return await openTunnel(this.#options);
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/notice.js

/** The share of a limit from which it is worth a warning. */
const WARNING_SHARE = 0.8;
/** What binary fractions may be off by: four times one cent is not four fifths of five cents. */
const NOISE = 1e-9;
/** True if so much of a limit is used that it is worth a warning. */
const isNearLimit = (used, allowed) => used / allowed >= WARNING_SHARE - NOISE;
const EVENTS = (/* unused pure expression or super */ null && ([
    'budget-warning',
    'model-used',
    'credential-refused',
    'wrong-key',
    'no-model',
    'certificate-refused',
]));
/** The beginning of most lines, which are about requests. */
const REQUEST_LINE = '{"event":"request"';
/** @returns undefined for a line of the api-proxy's output that is no notice */
function parseNotice(line) {
    // The command decides how many requests there are, so their lines must cost next to nothing.
    if (line.startsWith(REQUEST_LINE))
        return undefined;
    try {
        const value = JSON.parse(line);
        return isObject(value) && EVENTS.includes(value['event']) ? value : undefined;
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/usage/budget.js



/** Models that are told one by one. A hostile gateway may invent any number of them. */
const MAX_MODELS = 1_000;
/** Billionths of a dollar are below any price; what binary fractions add behind them would make a limit miss its mark. */
const withoutNoise = (usd) => Number(usd.toFixed(9));
/** US dollars as people write them. A fraction of a cent is an amount too. */
const dollars = (usd) => `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
/** What a run may use, all providers together. A request that is under way when the budget is reached may finish. */
class Budget {
    #budget;
    #notify;
    #requests = 0;
    #tokens = 0;
    #costUsd = 0;
    #unpriced;
    #pricing;
    /** What was used before the prices were there. */
    #waiting = [];
    #warned = new Set();
    #models = new Set();
    /** @param notify gets a notice when most of a limit is used, and when a model is used for the first time */
    constructor(budget, notify) {
        this.#budget = budget;
        this.#notify = notify;
    }
    /** True if it needs prices: see {@link usePricing}. */
    get limitsCost() {
        return this.#budget.maxCostUsd !== undefined;
    }
    /** Prices what was used so far, and everything after it. */
    usePricing(pricing) {
        this.#pricing = pricing;
        for (const charge of this.#waiting.splice(0))
            this.#addCost(charge, pricing);
    }
    spendingOf(provider) {
        return {
            addRequest: () => {
                this.addRequest();
            },
            giveBack: () => {
                this.giveBack();
            },
            refusal: () => this.refusalFor(provider),
        };
    }
    /** Takes one request. @throws ProxyError in the provider's form if nothing is left */
    take(provider) {
        const refusal = this.refusalFor(provider);
        if (refusal)
            throw refusal;
        this.addRequest();
    }
    /** Counts a request that could not be refused: an answer in an open WebSocket. */
    addRequest() {
        this.#requests++;
        this.#warn('max-requests', this.#requests, this.#budget.maxRequests);
    }
    /** Gives back what was taken for a request of which nothing was sent. */
    giveBack() {
        this.#requests--;
    }
    charge(charge) {
        if ((0,shared_usage/* tokensOf */.k8)(charge.usage) <= 0)
            return;
        this.#seeModel(charge);
        this.#tokens += (0,shared_usage/* tokensOf */.k8)(charge.usage);
        this.#warn('max-tokens', this.#tokens, this.#budget.maxTokens);
        if (!this.limitsCost)
            return;
        if (this.#pricing)
            this.#addCost(charge, this.#pricing);
        else
            this.#waiting.push(charge);
    }
    #addCost(charge, priceOf) {
        const usd = priceOf({ ...charge, answers: 1, time: new Date() });
        if (usd === undefined)
            this.#unpriced ??= charge;
        else
            this.#costUsd = withoutNoise(this.#costUsd + usd);
        this.#warn('max-cost-usd', this.#costUsd, this.#budget.maxCostUsd);
    }
    /** A WebSocket may be open as long as the run, so its models are told when they answer. */
    #seeModel({ provider, model }) {
        const key = `${provider} ${model ?? ''}`;
        if (this.#models.has(key) || this.#models.size >= MAX_MODELS)
            return;
        this.#models.add(key);
        this.#notify({ event: 'model-used', provider, model });
    }
    #warn(limit, used, allowed = Infinity) {
        if (!isNearLimit(used, allowed) || this.#warned.has(limit))
            return;
        this.#warned.add(limit);
        this.#notify({ event: 'budget-warning', limit, used, allowed });
    }
    /** The next request's refusal, as the provider's programs take it as final; undefined while the budget lasts. */
    refusalFor(provider) {
        const end = this.#end;
        if (end === undefined)
            return undefined;
        return new errors/* ProxyError */.T6(end.code, `The budget of this run is exhausted: ${end.reason}`, {
            headers: errors/* NO_RETRY */.PE,
            status: provider.finalStatus,
        });
    }
    get #end() {
        const { maxRequests = Infinity, maxTokens = Infinity, maxCostUsd = Infinity } = this.#budget;
        if (this.#requests >= maxRequests) {
            return exhausted(`max-requests allows ${maxRequests} requests, and they are used up.`);
        }
        if (this.#tokens >= maxTokens) {
            return exhausted(`max-tokens allows ${maxTokens} tokens, and ${this.#tokens} are used.`);
        }
        if (this.#costUsd >= maxCostUsd) {
            return exhausted(`max-cost-usd allows ${dollars(maxCostUsd)}, and ${dollars(this.#costUsd)} are used.`);
        }
        return this.#unpriced && priceUnknown(this.#unpriced);
    }
}
const exhausted = (reason) => ({ code: 'budget_exhausted', reason });
const priceUnknown = ({ model }) => ({
    code: 'price_unknown',
    reason: `max-cost-usd is set, and nobody knows the price of ${model ?? 'an answer that names no model'}. ` +
        `Add it to prices, in dollars per million tokens: "${model ?? '*'} INPUT OUTPUT".`,
});

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/server.js

















function createAgent(owner, target, context) {
    const { config, limits, trust } = context;
    const proxy = new URL(config.proxyUrl);
    const options = { owner, target, proxy, trust, timeoutMs: limits.connectTimeoutMs };
    const agent = new TunnelAgent(options, limits);
    context.agents.push(agent);
    return agent;
}
const ownerOf = ({ name, targetInput }) => ({ name, setting: targetInput });
function createProviderServer(provider, context) {
    const { log, limits, capacity, budget, config } = context;
    const { maxBodyBytes } = config;
    const configured = config.providers[provider.id];
    const common = { provider, budget, maxBodyBytes };
    if (!configured) {
        const service = new ProviderService({ ...common, way: undefined });
        return { provider, service, agent: undefined, listener: new Listener({ service, limits, capacity, log }) };
    }
    const agent = createAgent(ownerOf(provider), configured.target, context);
    const way = providerWay(provider, configured, agent, config, log);
    const modelChoice = Promise.withResolvers();
    const askModels = () => {
        modelChoice.resolve(readModelList(provider, configured, way.route, limits, log));
    };
    const service = new ProviderService({
        ...{ ...common, way },
        ...(configured.model && { modelChoice: { choice: modelChoice.promise, modelListMs: limits.modelListMs } }),
    });
    return {
        ...{ provider, service, agent },
        listener: new Listener({ service, limits, capacity, log }),
        ...((configured.checksKey === true || configured.model) && { askModels }),
    };
}
/** The service of a named host. A provider's own host shares the tunnels of the provider's port, if both lead there. */
function serviceOf(host, servers, context) {
    const { config, budget, log } = context;
    if (!('provider' in host)) {
        const owner = { name: host.name, setting: 'the name in host-rules or host-credentials' };
        const agent = createAgent(owner, { host: host.name, port: 443, basePath: '' }, context);
        return new HostService(host, agent, log, context.graphql);
    }
    const server = servers.find(({ provider }) => provider.id === host.provider);
    const configured = config.providers[host.provider];
    if (!server?.agent || !configured)
        throw new Error(`${host.name} belongs to a provider that is not configured.`);
    const { provider } = server;
    const isShared = (0,external_node_util_.isDeepStrictEqual)(host.target, configured.target);
    const agent = isShared ? server.agent : createAgent(ownerOf(provider), host.target, context);
    const way = providerWay(provider, { ...host, credential: configured.credential }, agent, config, log);
    return new ProviderService({ provider, way, budget, maxBodyBytes: config.maxBodyBytes, host: host.name });
}
function createNamedHosts(servers, context) {
    const { hosts = [], tls } = context.config;
    if (hosts.length === 0 || tls === undefined)
        return undefined;
    return new NamedHosts(hosts, (host) => serviceOf(host, servers, context), { ...context, tls });
}
function createTransparent(named, context) {
    const { config, limits, log } = context;
    return config.transparent && new Transparent(config.transparent, named?.front, limits, log);
}
async function prewarm({ agent, provider }, log) {
    try {
        await agent?.prewarm();
    }
    catch (error) {
        log.event('warn', 'prewarm-failed', { provider: provider.id, error: (0,errors/* errorCode */.CA)(error) });
    }
}
/**
 * Gives the budget its prices. They are large, so a run without a limit in dollars never loads them, and one with it
 * listens first. If they cannot be loaded, the process ends: a limit that nobody enforces would be worse.
 */
async function price(budget, { prices = [], providers }) {
    const hosts = Object.fromEntries(Object.entries(providers).map(([id, { target }]) => [id, target.host]));
    budget.usePricing(await lazyPricing({ own: prices, hosts })());
}
/**
 * Listens on one port per provider, and opens each configured provider's first tunnel in the background.
 *
 * @throws Error if a port cannot be listened on; no other port stays open then
 */
async function startSidecar(config, options) {
    const { log, host, portOf = ({ port }) => port } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const trust = trustStore(config.upstreamCa);
    const budget = new Budget(config.budget ?? {}, (notice) => {
        log.notice(notice);
    });
    const graphql = await graphqlFor(config.hosts ?? []);
    const capacity = new Capacity(limits);
    const context = { config, log, limits, capacity, trust, budget, graphql, agents: [] };
    const servers = PROVIDERS.map((provider) => createProviderServer(provider, context));
    const named = createNamedHosts(servers, context);
    const transparent = createTransparent(named, context);
    const close = async () => {
        transparent?.close();
        await Promise.all([...servers.map(({ listener }) => listener.end()), named?.end()]);
        for (const agent of context.agents)
            agent.destroy();
    };
    try {
        const ports = await Promise.all(servers.map(async ({ provider, listener }) => [provider.id, await listen(listener.server, portOf(provider), host)]));
        const transparentPorts = await transparent?.listen(options.transparentPorts ?? TRANSPARENT_PORTS, host);
        const hostPorts = await named?.listen(options.hostPorts ?? HOST_PORTS, host, transparentPorts?.tls);
        for (const server of servers)
            void prewarm(server, log).then(server.askModels);
        if (budget.limitsCost)
            void price(budget, config);
        return { ports: Object.fromEntries(ports), hostPorts, transparentPorts, close };
    }
    catch (error) {
        await close();
        throw error;
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/start/announce.js


/**
 * Makes our address known to containers that started earlier and asked for it in vain: their kernels would wait a
 * second before they ask again. Nobody reads the packet itself. To send it, our kernel asks for the peer's hardware
 * address, and that question carries ours.
 *
 * @param peers IPv4 addresses separated by spaces
 */
function announce(peers) {
    for (const peer of peers?.split(' ').filter(Boolean) ?? []) {
        // Addresses need no resolver, and this keeps Node from loading its own.
        const socket = (0,external_node_dgram_namespaceObject.createSocket)({
            type: 'udp4',
            lookup: (address, _, found) => {
                found(null, address, 4);
            },
        });
        socket.on('error', () => {
            socket.close();
        });
        socket.send('', contract/* DISCARD_PORT */.JQ, peer, () => {
            socket.close();
        });
    }
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/sidecar-config.js

/** Default of the request-body limit: 10 MB. */
const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;
/** What people copy along with a credential: the scheme of the header in which they found it. */
const PASTED_SCHEME = /^(?:bearer|token)[ \t]+(?=[^ \t])/i;
/**
 * Trims a credential, drops a scheme in front of it, and refuses one that Node would refuse as a header's value with each request.
 *
 * @returns the bare value, or undefined when nothing is left: an empty secret counts as absent
 * @throws ValueError that names `name`, never the value, when it contains a control character or one outside ASCII
 */
function normaliseCredential(name, value) {
    const trimmed = value?.trim().replace(PASTED_SCHEME, '') ?? '';
    if (trimmed === '')
        return undefined;
    // RFC 9110, section 5.5: a header's value has no control characters, and a line break would start another header.
    if (/[\u0000-\u001f\u007f-\u009f]/.test(trimmed)) {
        throw new value_error_ValueError(`${name} contains a line break or another control character. Store it again as a single line without one.`);
    }
    if (!/^[ -~]+$/.test(trimmed)) {
        throw new value_error_ValueError(`${name} contains a character outside ASCII. Copy it again from where it was issued.`);
    }
    return trimmed;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/target.js


const target_HOST = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** The user's, not the agent's: what RFC 3986 calls a path, without what a server could resolve away. */
const isBasePath = (path) => /^(?:\/[\w.~!$&'()*+,;=:@-]+)*$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);
/** @throws ValueError naming `name` */
function checkTarget(name, fields) {
    const { host, port, basePath } = fields;
    if (typeof host !== 'string' || (!target_HOST.test(host) && (0,external_node_net_namespaceObject.isIP)(host) === 0)) {
        throw new value_error_ValueError(`${name} has no valid host.`);
    }
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
        throw new value_error_ValueError(`${name} has no valid port.`);
    }
    if (typeof basePath !== 'string' || !isBasePath(basePath))
        throw new value_error_ValueError(`${name} has no valid base path.`);
    return { host, port, basePath };
}
/** The form itself: a URL parser would take a backslash for a slash, and resolve dot segments. */
const target_FORM = /^(\[[\da-f:.]+\]|[^\s:/?#\\@%]+)(:\d+)?(\/(?!\.{1,2}(\/|$))[^\s/?#\\%]*)*$/i;
/**
 * @param value `host[:port][/base/path]`
 * @throws ValueError naming `name`
 */
function parseTarget(name, value) {
    const form = `${name} must be host[:port][/base/path], as in llm.example.com:8443/v1.`;
    const url = URL.canParse(`https://${value}`) ? new URL(`https://${value}`) : undefined;
    if (!url || !target_FORM.test(value) || value.includes('://') || url.username !== '' || url.search !== '' || url.hash !== '')
        throw new value_error_ValueError(form);
    return checkTarget(name, {
        host: url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''),
        port: url.port === '' ? 443 : Number(url.port),
        basePath: url.pathname.replace(/\/+$/, ''),
    });
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/start/proxy-url.js

/** @throws Error that names `name`, never the value */
function requireProxyUrl(name, value) {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (url?.protocol !== 'http:' || url.username !== '' || url.pathname !== '/' || url.search !== '') {
        throw new Error(`${name} must be Squid's address, for example ${squidUrl(addressesIn(DEFAULT_SUBNET))}.`);
    }
    return url.origin;
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/start/document-config.js




const FIELDS = [
    ...['providers', 'proxyUrl', 'upstreamCa', 'maxBodyBytes', 'allowEndpoints', 'allowProviderTools', 'budget'],
    ...['prices', 'logLevel', 'hosts', 'tls', 'transparent'],
];
const INJECTION_FIELDS = ['header', 'prefix', 'defaults', 'entries', 'ids'];
/** Refuses unknown fields: a limit that nobody enforces must not be accepted. */
function requireObject(name, value, fields) {
    if (!(value instanceof Object) || Array.isArray(value))
        throw new Error(`${name} must be an object.`);
    if (Object.keys(value).some((field) => !fields.includes(field)))
        throw new Error(`${name} has an unknown field.`);
    return value;
}
/** A limit that is not a number would compare as false, and so limit nothing. */
function requireCount(name, value) {
    if (!Number.isSafeInteger(value) || value <= 0)
        throw new Error(`${name} must be a positive whole number.`);
    return value;
}
function checkProvider(name, value) {
    const { credential, target, injection, checksKey, model } = requireObject(name, value, [
        ...['credential', 'target', 'injection', 'checksKey', 'model'],
    ]);
    if (typeof credential !== 'string')
        throw new Error(`${name}.credential must be a string.`);
    const normalised = normaliseCredential(`${name}.credential`, credential);
    if (normalised === undefined)
        throw new Error(`${name}.credential is empty.`);
    const fields = requireObject(`${name}.target`, target, ['host', 'port', 'basePath']);
    // Without a header's name, the credential would go nowhere and every request would fail at the provider.
    const { header, prefix } = requireObject(`${name}.injection`, injection, INJECTION_FIELDS);
    if (typeof header !== 'string' || header === '' || typeof prefix !== 'string') {
        throw new Error(`${name}.injection must name a header and a prefix.`);
    }
    return {
        ...{ credential: normalised, target: checkTarget(`${name}.target`, { ...fields }), injection },
        ...(checksKey === true && { checksKey }),
        ...(model && { model }),
    };
}
/** A host without a certificate, or with a credential that no rule could name, would fail with each request. */
function checkHosts({ hosts = [], tls, providers }) {
    for (const host of hosts) {
        const name = `The configuration's host ${host.name}`;
        if (tls?.chains[host.name] === undefined)
            throw new Error(`${name} has no certificate.`);
        if ('provider' in host) {
            if (providers[host.provider] === undefined)
                throw new Error(`${name} has a provider that is not configured.`);
        }
        else if (host.rules.some(({ credential }) => credential !== undefined && host.credentials[credential] === undefined)) {
            throw new Error(`${name} has a rule for a credential that it does not have.`);
        }
    }
}
function checkBudget(name, value) {
    const budget = requireObject(name, value, ['maxRequests', 'maxTokens', 'maxCostUsd']);
    const { maxCostUsd, ...counts } = budget;
    for (const [field, limit] of Object.entries(counts))
        requireCount(`${name}.${field}`, limit);
    if (maxCostUsd !== undefined && !(Number.isFinite(maxCostUsd) && maxCostUsd > 0)) {
        throw new Error(`${name}.maxCostUsd must be a positive number.`);
    }
    return budget;
}
const PRICES = ['input', 'output', 'cachedInput', 'cacheWrite', 'hourCacheWrite'];
/** A price that is not a number would make every cost one, and so limit nothing. */
function checkPrice(name, value) {
    const price = requireObject(name, value, ['model', ...PRICES]);
    if (PRICES.some((field) => !Number.isFinite(price[field]) || price[field] < 0)) {
        throw new Error(`${name} must consist of numbers that are not negative.`);
    }
    return price;
}
function parseDocument(document) {
    try {
        return JSON.parse(document);
    }
    catch {
        // Without the cause: the parser's message quotes the document.
        throw new Error('The configuration on standard input is not JSON.');
    }
}
/**
 * Reads the document that a run writes. The runner composes it from a checked configuration of the same build, so this
 * checks again only what keeps a secret or a limit. The form of the rest is the type's business.
 *
 * @throws Error that names the field and never quotes its value
 */
function configFromDocument(document) {
    const config = requireObject('The configuration', parseDocument(document), FIELDS);
    const { providers, proxyUrl, maxBodyBytes, budget, prices } = config;
    checkHosts(config);
    const ids = PROVIDERS.map(({ id }) => id);
    const configured = Object.entries(requireObject("The configuration's providers", providers, ids));
    return {
        ...config,
        providers: Object.fromEntries(configured.map(([id, value]) => [id, checkProvider(`The configuration's providers.${id}`, value)])),
        proxyUrl: requireProxyUrl("The configuration's proxyUrl", proxyUrl),
        maxBodyBytes: requireCount("The configuration's maxBodyBytes", maxBodyBytes),
        ...(budget && { budget: checkBudget("The configuration's budget", budget) }),
        ...(prices && { prices: prices.map((price, at) => checkPrice(`The configuration's prices[${at}]`, price)) }),
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/injection.js
/** How a credential goes into a request for its provider. */

/**
 * Applies a provider's rules to a credential. A header that the user has chosen replaces the provider's.
 *
 * @throws ValueError naming a variable whose value no header can have
 */
function injectionOf({ header, prefix, others, defaults, hostDefaults }, { credential, variable, host, authHeader, environment }) {
    const isFor = (form) => (form.host?.test(host) ?? true) &&
        ((form.credential === undefined && form.variable === undefined) ||
            form.variable === variable ||
            form.credential?.test(credential) === true);
    const form = others.find(isFor) ?? { header, prefix };
    const own = hostDefaults?.host.test(host) === true ? hostDefaults : undefined;
    return {
        header: (authHeader ?? form).header,
        prefix: (authHeader ?? form).prefix,
        defaults: { ...defaults, ...own?.defaults, ...fromVariables(own?.variables ?? {}, environment) },
        entries: form.entries ?? {},
        ids: own?.ids ?? [],
    };
}
function fromVariables(variables, environment) {
    return Object.fromEntries(Object.entries(variables).flatMap(([name, variable]) => {
        const value = environment[variable]?.trim() ?? '';
        if (value === '')
            return [];
        if (!/^[!-~]{1,200}$/.test(value))
            throw new value_error_ValueError(`${variable} has a character that no header may have.`);
        return [[name, value]];
    }));
}
/** A name and an optional scheme, both tokens of RFC 9110, section 5.6.2. */
const NAME_AND_SCHEME = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*:[ \t]*|[ \t]+)?([!#$%&'*+.^_`|~\w-]+)?$/;
/** Headers that frame the request, route it or describe its body, and so have a meaning of their own. */
const TAKEN = /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|proxy-.*|content-.*|accept.*)$/;
/**
 * Reads `Authorization: Bearer`, `api-key` and the like: a header's name, and optionally the scheme in front of the
 * credential.
 *
 * @throws ValueError that says what is wrong
 */
function parseAuthHeader(name, text) {
    const [, header, scheme] = NAME_AND_SCHEME.exec(text.trim()) ?? [];
    if (header === undefined)
        throw new value_error_ValueError(`${name}: "${text}" is not a header's name with an optional scheme.`);
    const lower = header.toLowerCase();
    if (TAKEN.test(lower))
        throw new value_error_ValueError(`${name}: a credential cannot go in the header ${header}.`);
    return { header: lower, prefix: scheme === undefined ? '' : `${scheme} ` };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/src/shared/proxy-variables.js
/** The variables that lead programs to a proxy, as curl reads them (https://curl.se/docs/manpage.html, "Environment"). */
const PROXY_VARIABLE = {
    http: 'HTTP_PROXY',
    https: 'HTTPS_PROXY',
    ftp: 'FTP_PROXY',
    all: 'ALL_PROXY',
    /** Hosts that are reached directly. */
    none: 'NO_PROXY',
};
/** The names, and the same in lower case: programs differ in which of the two they read. */
function inBothCases(names) {
    return names.flatMap((name) => [name, name.toLowerCase()]);
}
const PROXY_VARIABLES = inBothCases(Object.values(PROXY_VARIABLE));

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/start/environment-config.js







function providerFromEnvironment(provider, env) {
    for (const { variable } of provider.credentials) {
        const credential = normaliseCredential(variable, env[variable]);
        if (credential === undefined)
            continue;
        const target = env[provider.targetVariable]?.trim() ?? '';
        const upstream = parseTarget(provider.targetVariable, target === '' ? ownHost(provider, env[SERVER_URL_VARIABLE]) : target);
        const header = env[provider.authHeaderVariable]?.trim() ?? '';
        const authHeader = header === '' ? undefined : parseAuthHeader(provider.authHeaderVariable, header);
        const about = { credential, variable, host: upstream.host, authHeader, environment: env };
        return { credential, target: upstream, injection: injectionOf(provider.injection, about) };
    }
    return undefined;
}
/**
 * Reads the environment, for an image that somebody starts without a run.
 *
 * @throws Error that names the variable and never quotes its value
 */
function configFromEnvironment(env) {
    const providers = {};
    for (const provider of PROVIDERS) {
        const configured = providerFromEnvironment(provider, env);
        if (configured)
            providers[provider.id] = configured;
    }
    return {
        providers,
        proxyUrl: requireProxyUrl(PROXY_VARIABLE.https, env[PROXY_VARIABLE.https]),
        maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
    };
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/start/start-config.js


/** Octets of the document on standard input, which may contain a bundle of CA certificates. */
const MAX_DOCUMENT = 4 * 1024 * 1024;
/**
 * Reads the configuration from standard input, or from the environment if standard input is empty or a terminal.
 *
 * @throws Error that names the field or variable and never quotes a value, since any of them may be a credential
 */
async function readStartConfig(input, env) {
    const document = input.isTTY === true ? '' : await readDocument(input);
    return document.trim() === '' ? configFromEnvironment(env) : configFromDocument(document);
}
async function readDocument(input) {
    const chunks = [];
    let length = 0;
    for await (const chunk of input) {
        length += chunk.length;
        if (length > MAX_DOCUMENT) {
            throw new Error(`The configuration on standard input is larger than ${MAX_DOCUMENT} bytes.`);
        }
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}

;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/run.js




/** Milliseconds that stopping may take. Docker sends SIGKILL after ten seconds, and nobody should wait that long. */
const STOP_MS = 2_000;
function stopOnSignal(sidecar, log) {
    const stop = async () => {
        setTimeout(() => process.exit(0), STOP_MS).unref();
        await sidecar.close();
        await log.close();
        process.exit(0);
    };
    for (const signal of ['SIGTERM', 'SIGINT'])
        process.once(signal, () => void stop());
}
/**
 * Reads the configuration, listens, and reports that on standard output.
 *
 * @throws Error if the configuration is wrong or a port is taken
 */
async function runSidecar({ input, env, openLog, ...options }) {
    announce(env[contract/* PEERS_VARIABLE */.rA]);
    const config = await readStartConfig(input, env);
    const log = openLog(config.logLevel ?? 'info');
    const sidecar = await startSidecar(config, { ...options, log });
    stopOnSignal(sidecar, log);
    log.event('info', 'listening', {
        ports: sidecar.ports,
        hostPorts: sidecar.hostPorts,
        transparentPorts: sidecar.transparentPorts,
        configured: Object.keys(config.providers),
    });
}


/***/ }),

/***/ 30:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   i: () => (/* binding */ standardInput)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(24);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(500);
/* harmony import */ var node_util__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(975);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(688);




const STANDARD_INPUT = 0;
const CHUNK_OCTETS = 64 * 1024;
/** Milliseconds between two reads of an input that has nothing yet and does not block. */
const RETRY_MS = 5;
const readInto = (0,node_util__WEBPACK_IMPORTED_MODULE_2__.promisify)(node_fs__WEBPACK_IMPORTED_MODULE_0__.read);
async function* chunks(fd) {
    for (;;) {
        const buffer = Buffer.allocUnsafe(CHUNK_OCTETS);
        try {
            const { bytesRead } = await readInto(fd, buffer, 0, buffer.length, null);
            if (bytesRead === 0)
                return;
            yield buffer.subarray(0, bytesRead);
        }
        catch (error) {
            if ((0,_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .errorCode */ .CA)(error) !== 'EAGAIN')
                throw error;
            await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_1__.setTimeout)(RETRY_MS);
        }
    }
}
/**
 * Reads standard input without `process.stdin`, whose streams cost more memory than everything that is read here.
 *
 * @throws Error of the system if it is closed or cannot be read
 */
const standardInput = (fd = STANDARD_INPUT) => Object.assign(chunks(fd), { isTTY: (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.fstatSync)(fd).isCharacterDevice() });


/***/ }),

/***/ 130:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  E: () => (/* binding */ setV8Flags)
});

;// CONCATENATED MODULE: external "node:v8"
const external_node_v8_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:v8");
;// CONCATENATED MODULE: ./node_modules/.cache/awf-build/containers/api-proxy/src/start/v8-flags.js

/**
 * Flags of V8 that cannot be arguments: with one of them, V8 rejects the compiled code of its own modules that Node.js
 * brings along, and compiles all of it again at the start, which takes 25 ms. V8's flags do not change within a major
 * version of Node.js.
 */
const FLAGS = [
    // If the objects of requests in progress are what happens to survive a collection, V8 allocates later ones among the old
    // objects, each of which keeps a finished request alive until the next full collection.
    '--no-allocation-site-pretenuring',
    // Otherwise, one function of Node's own start crosses the threshold of 400 calls and loads the second compiler: 1.5 MB of
    // idle memory.
    '--invocation-count-for-maglev=1000',
];
/** Sets the flags, once all modules are loaded. */
function setV8Flags() {
    for (const flag of FLAGS)
        (0,external_node_v8_namespaceObject.setFlagsFromString)(flag);
}


/***/ }),

/***/ 270:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   DV: () => (/* binding */ PLACEHOLDER_CLAUDE_KEY),
/* harmony export */   Go: () => (/* binding */ API_PROXY_LOG_FILE),
/* harmony export */   JQ: () => (/* binding */ DISCARD_PORT),
/* harmony export */   SI: () => (/* binding */ CLAUDE_KEY_HELPER),
/* harmony export */   rA: () => (/* binding */ PEERS_VARIABLE),
/* harmony export */   rJ: () => (/* binding */ API_PROXY_LOG_DIR)
/* harmony export */ });
/* unused harmony exports AGENT_PLACES, AGENT_LIB, AGENT_LIB_OWNER, ONE_SHOT_LIBRARY, ONE_SHOT_VARIABLE, ONE_SHOT_DEBUG_VARIABLE, CHECKS_VARIABLE, LIB_VARIABLE, TRANSCRIPTS_VARIABLE, TRUST_VARIABLE, MODEL_URLS_VARIABLE, SERVICES_VARIABLE, INPUT_VARIABLE, COMMAND_MARKER, SIDECAR_ID, SQUID_RUN_DIRECTORY, PEEK_CERTIFICATE, PARENT_CA, SQUID_ERROR_DIRECTORY, SQUID_LOG_DIR, ACCESS_LOG, CACHE_LOG */
/**
 * Facts that both sides of a container's boundary state: TypeScript on one, and on the other a Dockerfile, a script or C
 * that cannot import anything. `__tests__/layout.test.ts` searches for every one of them, and fails when a file that is not
 * listed there with a reason states it again. A new export is searched for from the start.
 */
/**
 * The sandbox's own places in the agent container. A user's mount can neither take one nor lie below one.
 *
 * `lib` has the image's files, `home` what is mounted deep in the home, `github` the command's files for outputs and the
 * summary, `runtime` is the command's `XDG_RUNTIME_DIR`, `command` its script, and `probes` what the pre-flight check
 * leaves for a moment. `trust` has the CA certificates that the runner generates, and `joinedTrust` those that the
 * entrypoint joins with an image's. `services` has the sockets that lead to the services of the job.
 */
const AGENT_PLACES = {
    lib: '/tmp/awf-lib',
    home: '/tmp/awf-home',
    github: '/tmp/awf-github',
    runtime: '/tmp/awf-runtime',
    command: '/tmp/awf-command',
    probes: '/tmp/.awf-probes',
    trust: '/tmp/awf-trust',
    joinedTrust: '/tmp/awf-joined-trust',
    services: '/tmp/awf-services',
};
/** Where the agent image's files are in the agent container. */
const AGENT_LIB = AGENT_PLACES.lib;
/** The owner of these files: a user that nothing runs as, so that neither the command nor root without capabilities can change them. */
const AGENT_LIB_OWNER = 65_533;
/** The helper that Claude Code calls for its key. */
const CLAUDE_KEY_HELPER = `${AGENT_LIB}/get-claude-key.sh`;
/** What the helper prints. */
const PLACEHOLDER_CLAUDE_KEY = 'sk-ant-placeholder-key-for-credential-isolation';
/** The preloaded library that makes credential variables readable once. */
const ONE_SHOT_LIBRARY = (/* unused pure expression or super */ null && (`${AGENT_LIB}/one-shot-token.so`));
/** The variable with the names that the library protects, separated by commas. */
const ONE_SHOT_VARIABLE = 'AWF_ONE_SHOT_TOKENS';
/** The variable with which a user has the library log names. */
const ONE_SHOT_DEBUG_VARIABLE = 'AWF_ONE_SHOT_TOKEN_DEBUG';
/** The entrypoint's shell variable for the pre-flight checks, which the start document sets. */
const CHECKS_VARIABLE = 'AWF_CHECKS';
/** The entrypoint's shell variable for {@link AGENT_LIB}, which the start document reads. */
const LIB_VARIABLE = 'AWF_LIB';
/** The entrypoint's shell variable with what to pack when the command has ended, which the start document sets. */
const TRANSCRIPTS_VARIABLE = 'AWF_TRANSCRIPTS';
/** The entrypoint's shell variable with the arguments for `join-trust.sh`, which the start document sets. */
const TRUST_VARIABLE = 'AWF_TRUST';
/** The entrypoint's shell variable with the addresses at which it asks for a model, which the start document sets. */
const MODEL_URLS_VARIABLE = 'AWF_MODEL_URLS';
/** The entrypoint's shell variable with the arguments for `forward-services`, which the start document sets. */
const SERVICES_VARIABLE = 'AWF_SERVICES';
/**
 * The entrypoint's shell variable with the arguments for `attach-input`, which the start document sets. Empty for a command
 * without a standard input.
 */
const INPUT_VARIABLE = 'AWF_INPUT';
/** The agent container's standard error is the sandbox's up to this line, and the command's after it. */
const COMMAND_MARKER = '\u001eawf: command\n';
/** The user and group of both sidecars when the caller is root: no account has this number, and it owns no files. */
const SIDECAR_ID = 65_532;
/** In the sidecars' environment: the addresses that each sends a packet to when it starts, separated by spaces. */
const PEERS_VARIABLE = 'AWF_PEERS';
/** Where that packet goes. RFC 863: whatever arrives at this port is thrown away. */
const DISCARD_PORT = 9;
/** A file system of memory for Squid's configuration. */
const SQUID_RUN_DIRECTORY = '/run/squid';
/** Certificate and key that Squid's syntax wants for the peek port; nothing is ever decrypted with them. */
const PEEK_CERTIFICATE = '/etc/squid/peek.pem';
/** The authorities that may vouch for a parent of Squid's that speaks TLS. */
const PARENT_CA = '/etc/squid/parent-ca.pem';
/** The pages of Squid's errors, one line each. */
const SQUID_ERROR_DIRECTORY = '/etc/squid/awf-errors';
const SQUID_LOG_DIR = '/var/log/squid';
const ACCESS_LOG = 'access.log';
const CACHE_LOG = 'cache.log';
const API_PROXY_LOG_DIR = '/var/log/api-proxy';
const API_PROXY_LOG_FILE = 'api-proxy.log';


/***/ }),

/***/ 509:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   E: () => (/* binding */ ERROR_STATUS)
/* harmony export */ });
/**
 * Every error that the sidecar answers a request with, and the status of that answer. docs/troubleshooting.md explains
 * each one. The two of 402 have the status that the provider's programs take as final. `upstream_broken` appears in the log only: its client already has the upstream's status when the stream breaks.
 */
const ERROR_STATUS = {
    invalid_request_target: 400,
    malformed_request: 400,
    pipelining: 400,
    budget_exhausted: 402,
    price_unknown: 402,
    body_unreadable: 403,
    endpoint_not_allowed: 403,
    graphql_not_allowed: 403,
    provider_tool_not_allowed: 403,
    query_not_allowed: 403,
    request_not_allowed: 403,
    target_not_allowed: 403,
    method_not_allowed: 405,
    request_timeout: 408,
    body_too_large: 413,
    expectation_failed: 417,
    misdirected_request: 421,
    upgrade_refused: 426,
    too_many_requests: 429,
    head_too_large: 431,
    internal_error: 500,
    proxy_unreachable: 502,
    upstream_bad_response: 502,
    upstream_broken: 502,
    upstream_closed: 502,
    upstream_compressed: 502,
    upstream_proxy_refused: 502,
    upstream_dns_error: 502,
    upstream_handshake_closed: 502,
    upstream_tls_error: 502,
    upstream_unreachable: 502,
    provider_not_configured: 503,
    upstream_connect_timeout: 504,
    upstream_timeout: 504,
};


/***/ }),

/***/ 482:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $e: () => (/* binding */ usageBeyond),
/* harmony export */   K4: () => (/* binding */ sumOfUsage),
/* harmony export */   LU: () => (/* binding */ tokens),
/* harmony export */   k8: () => (/* binding */ tokensOf),
/* harmony export */   ps: () => (/* binding */ usagePerAnswer),
/* harmony export */   yJ: () => (/* binding */ NO_USAGE)
/* harmony export */ });
/* unused harmony export USAGE_COUNTS */
/** Tokens of a request, and how a provider's answers report them. */
/** The names of all counts. */
const USAGE_COUNTS = [
    ...['inputTokens', 'outputTokens', 'cachedInputTokens', 'cacheWriteTokens', 'hourCacheWriteTokens'],
];
/** A count as a provider reports it; 0 for anything else. */
const tokens = (value) => Number.isSafeInteger(value) && value > 0 ? value : 0;
const combined = (count) => ({
    inputTokens: count('inputTokens'),
    outputTokens: count('outputTokens'),
    cachedInputTokens: count('cachedInputTokens'),
    cacheWriteTokens: count('cacheWriteTokens'),
    hourCacheWriteTokens: count('hourCacheWriteTokens'),
});
const NO_USAGE = combined(() => 0);
const sumOfUsage = (a, b) => combined((name) => a[name] + b[name]);
/** What `total` has beyond `part`. */
const usageBeyond = (total, part) => combined((name) => total[name] - part[name]);
/** The same usage, spread evenly over a number of answers. */
const usagePerAnswer = (usage, answers) => combined((name) => usage[name] / answers);
const tokensOf = ({ inputTokens, outputTokens }) => inputTokens + outputTokens;


/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/async module */
/******/ (() => {
/******/ 	var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 	var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 	var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 	var resolveQueue = (queue) => {
/******/ 		if(queue && queue.d < 1) {
/******/ 			queue.d = 1;
/******/ 			queue.forEach((fn) => (fn.r--));
/******/ 			queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 		}
/******/ 	}
/******/ 	var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 		if(dep !== null && typeof dep === "object") {
/******/ 			if(dep[webpackQueues]) return dep;
/******/ 			if(dep.then) {
/******/ 				var queue = [];
/******/ 				queue.d = 0;
/******/ 				dep.then((r) => {
/******/ 					obj[webpackExports] = r;
/******/ 					resolveQueue(queue);
/******/ 				}, (e) => {
/******/ 					obj[webpackError] = e;
/******/ 					resolveQueue(queue);
/******/ 				});
/******/ 				var obj = {};
/******/ 				obj[webpackQueues] = (fn) => (fn(queue));
/******/ 				return obj;
/******/ 			}
/******/ 		}
/******/ 		var ret = {};
/******/ 		ret[webpackQueues] = x => {};
/******/ 		ret[webpackExports] = dep;
/******/ 		return ret;
/******/ 	}));
/******/ 	__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 		var queue;
/******/ 		hasAwait && ((queue = []).d = -1);
/******/ 		var depQueues = new Set();
/******/ 		var exports = module.exports;
/******/ 		var currentDeps;
/******/ 		var outerResolve;
/******/ 		var reject;
/******/ 		var promise = new Promise((resolve, rej) => {
/******/ 			reject = rej;
/******/ 			outerResolve = resolve;
/******/ 		});
/******/ 		promise[webpackExports] = exports;
/******/ 		promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 		module.exports = promise;
/******/ 		body((deps) => {
/******/ 			currentDeps = wrapDeps(deps);
/******/ 			var fn;
/******/ 			var getResult = () => (currentDeps.map((d) => {
/******/ 				if(d[webpackError]) throw d[webpackError];
/******/ 				return d[webpackExports];
/******/ 			}))
/******/ 			var promise = new Promise((resolve) => {
/******/ 				fn = () => (resolve(getResult));
/******/ 				fn.r = 0;
/******/ 				var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 				currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 			});
/******/ 			return fn.r ? promise : getResult();
/******/ 		}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 		queue && queue.d < 0 && (queue.d = 0);
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/************************************************************************/
/******/ 
/******/ // startup
/******/ // Load entry module and return exports
/******/ // This entry module used 'module' so it can't be inlined
/******/ var __webpack_exports__ = __nccwpck_require__(610);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/ 
