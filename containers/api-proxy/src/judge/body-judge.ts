import {
  ACCOUNT,
  MODEL_KEY,
  type BodyRules,
  type Hosted,
  type Place,
  type ProviderTool,
} from '../../../../src/shared/provider-tools.ts';
import { printable } from '../errors.ts';
import { JsonReader, type JsonListener, type Slot } from './json-reader.ts';
import type { BodyJudge, Judgement } from './judge.ts';
import { NotJson } from './json-text.ts';
import { bodyUnreadable, toolNotAllowed } from './refusals.ts';

/** Keys that are remembered as they were spelled. Clients use a few hundred, and a hostile one must not fill memory. */
const MAX_SPELLINGS = 2_000;
const MAX_SPELLING = 100;

/** No key has one, and lenient parsers drop it, or end the key there. U+FFFD stands for octets that are not UTF-8. */
const STRAY = /[\0-\x1f\x7f\ufffd]/;

const NAMELESS: Slot = { name: '', wish: 'nothing' };
const SKIPPED: Slot = { name: '', wish: 'skip' };

/** The tool that a text stands for, if it is hosted. */
export const hostedTool = (hosted: Hosted, text: string): ProviderTool | undefined =>
  hosted.find(([pattern]) => pattern.test(text))?.[1];

/**
 * Judges the JSON of a provider's requests, by its rules. Prepared once, for all requests. A key is compared without
 * underscores and capitals, and with the long s and the Kelvin sign as the letters for which lenient servers take them.
 */
export class JsonJudge implements BodyJudge, JsonListener {
  /** What is not judged before it is sent cannot be complete: its connection ends first. */
  readonly needsWhole = false;
  readonly #allowed: ReadonlySet<ProviderTool>;
  readonly #own: ReadonlySet<string>;
  readonly #families: BodyRules['families'];
  readonly #byKey: ReadonlyMap<string, readonly Place[]>;
  readonly #byName: ReadonlyMap<string, readonly Place[]>;
  readonly #names: ReadonlySet<string>;
  readonly #slots = new Map<string, Slot>();

  constructor({ places, families, own }: BodyRules, allowed: ReadonlySet<ProviderTool>) {
    this.#allowed = allowed;
    this.#own = new Set(own);
    this.#families = families;
    this.#byKey = Map.groupBy(
      places.filter(({ key }) => key !== undefined),
      ({ key }) => key ?? '',
    );
    this.#byName = Map.groupBy(
      places.filter(({ key }) => key === undefined),
      ({ inside }) => inside ?? '',
    );
    this.#names = new Set(places.flatMap(({ key, inside }) => [key, inside]).filter((name) => name !== undefined));
  }

  begin(what: string): Judgement {
    return new JsonJudgement(this, what);
  }

  /** Judges a model that the path or the query names. @throws ProxyError 403 */
  checkModel(name: string): void {
    this.onValue({ name: MODEL_KEY, wish: 'value' }, '', name);
  }

  /** @throws ProxyError 403, NotJson */
  onKey(key: string, inside: string): Slot {
    const places = this.#byName.get(inside);
    if (places) for (const place of places) this.#judge(place, fold(key), key);
    if (this.#own.has(inside)) return this.#slotInOwn(key, inside);
    let slot = this.#slots.get(key);
    if (!slot) {
      slot = this.#slotOf(key);
      if (this.#slots.size < MAX_SPELLINGS && key.length <= MAX_SPELLING) this.#slots.set(key, slot);
    }
    return slot;
  }

  #slotOf(spelling: string): Slot {
    if (STRAY.test(spelling)) throw new NotJson();
    const folded = fold(spelling);
    if (this.#own.has(folded) && !this.#names.has(folded)) return { name: folded, wish: 'skip' };
    const name = this.#nameOf(folded);
    if (this.#byKey.has(name)) return { name, spelling, wish: 'value' };
    return this.#names.has(name) ? { name, wish: 'nothing' } : NAMELESS;
  }

  /** Of what is the client's own, only the keys of places inside it count. */
  #slotInOwn(key: string, inside: string): Slot {
    const name = this.#nameOf(fold(key));
    const counts = this.#byKey.get(name)?.some((place) => place.inside === inside) === true;
    return counts ? { name, spelling: key, wish: 'value' } : SKIPPED;
  }

  #nameOf(folded: string): string {
    return this.#families.find(([pattern]) => pattern.test(folded))?.[1] ?? folded;
  }

  /** @throws ProxyError 403 */
  onValue({ name, spelling = name }: Slot, inside: string, text: string | undefined): void {
    for (const place of this.#byKey.get(name) ?? []) {
      if (place.inside !== undefined && place.inside !== inside) continue;
      if (text !== undefined || place.passes === undefined) this.#judge(place, text ?? '', spelling);
    }
  }

  /** @param key the key whose value the text is, or which it is itself */
  #judge({ key: name, passes, hosted, others }: Place, text: string, key: string): void {
    if (passes?.test(text) === true) return;
    const tool = hostedTool(hosted, text);
    if (tool === undefined ? others === 'pass' : this.#allowed.has(tool)) return;
    const isAddress = tool === 'remote-files' && name !== undefined && name !== 'type';
    const what = printable(isAddress || name === undefined || text === '' ? key : text);
    const kind = name === ACCOUNT ? 'an account' : 'an address';
    throw toolNotAllowed(isAddress ? `${kind} in "${what}"` : `"${what}"`, tool);
  }
}

function fold(key: string): string {
  return key.toUpperCase().toLowerCase().replaceAll('_', '');
}

class JsonJudgement implements Judgement {
  readonly #reader: JsonReader;
  readonly #what: string;

  constructor(judge: JsonJudge, what: string) {
    this.#reader = new JsonReader(judge);
    this.#what = what;
  }

  push(chunk: Buffer): void {
    this.#attempt(() => {
      this.#reader.push(chunk);
    });
  }

  end(): undefined {
    this.#attempt(() => {
      this.#reader.end();
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw error instanceof NotJson ? bodyUnreadable(this.#what) : error;
    }
  }
}
