import { NO_RETRY, printable, ProxyError } from '../errors.ts';
import { JsonReader, type JsonListener, type Slot } from './json-reader.ts';
import { NotJson } from './json-text.ts';
import type { RawHeaders } from '../request/raw-headers.ts';
import type { BodyJudge, Judgement } from './judge.ts';
import { isPlainJson } from './plain-json.ts';

/** By name, the values that a member of the body may have. */
type Members = Readonly<Record<string, readonly string[]>>;

const OTHER: Slot = { name: '', wish: 'skip' };

const refuse = (code: 'body_unreadable' | 'request_not_allowed', reason: string): ProxyError =>
  new ProxyError(code, reason, { headers: NO_RETRY });

const unreadable = (what: string, source: string): ProxyError =>
  refuse(
    'body_unreadable',
    `The rule "${source}" depends on what is in the ${what}, which is compressed or not JSON in UTF-8. ` +
      'Send JSON without compression, with the type application/json.',
  );

/** git-lfs and others have a type of their own for JSON. @throws ProxyError 403 for what a request's headers tell */
export function checkMembersHeaders(rawHeaders: RawHeaders, source: string): void {
  if (!isPlainJson(rawHeaders)) throw unreadable('request body', source);
}

/**
 * Judges JSON bodies in which some members may only have some values: a review's `event`, and the `operation` of LFS. Only the
 * members of the object itself count, and a member that is not there passes.
 */
export class MembersJudge implements BodyJudge {
  readonly needsWhole = true;
  readonly #members: ReadonlyMap<string, readonly string[]>;
  readonly #source: string;

  /** @param source where the rule comes from, for messages: `github-access comment` */
  constructor(members: Members, source: string) {
    this.#members = new Map(Object.entries(members));
    this.#source = source;
  }

  begin(what: string): Judgement {
    const reader = new JsonReader(this.#listener());
    const attempt = (work: () => void): undefined => {
      try {
        work();
      } catch (error) {
        if (!(error instanceof NotJson)) throw error;
        throw unreadable(what, this.#source);
      }
    };
    return {
      push: (chunk) => attempt(() => reader.push(chunk)),
      end: (): undefined => attempt(() => reader.end()),
    };
  }

  #listener(): JsonListener {
    const seen = new Set<string>();
    return {
      onKey: (key) => {
        if (!this.#members.has(key)) return OTHER;
        // Which of two counts, depends on the server's parser.
        if (seen.has(key)) throw this.#notAllowed(key, 'a second value');
        seen.add(key);
        return { name: key, wish: 'value' };
      },
      onValue: ({ name }, _, text) => {
        const isAllowed = text !== undefined && this.#members.get(name)?.includes(text) === true;
        if (!isAllowed) throw this.#notAllowed(name, text === undefined ? 'such a value' : `"${printable(text)}"`);
      },
    };
  }

  #notAllowed(name: string, value: string): ProxyError {
    const allowed = this.#members.get(name)?.join(', ') ?? '';
    return refuse(
      'request_not_allowed',
      `The rule "${this.#source}" does not allow ${value} for "${name}" in the request body, only ${allowed}.`,
    );
  }
}
