import type { BodyRules, Hosted, Place, ProviderTool } from '../../../../src/shared/provider-tools.ts';
import { printable } from '../errors.ts';
import { JsonReader, type JsonListener, type Slot } from './json-reader.ts';
import type { BodyJudge, Judgement } from './judge.ts';
import { NotJson } from './json-text.ts';
import { bodyUnreadable, toolNotAllowed } from './refusals.ts';

/** Keys that are remembered as they were spelled. Clients use a few hundred, and a hostile one must not fill memory. */
const MAX_SPELLINGS = 2_000;

const NAMELESS: Slot = { name: '', wish: 'nothing' };

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
  readonly #byKey: ReadonlyMap<string, readonly Place[]>;
  readonly #byName: ReadonlyMap<string, readonly Place[]>;
  readonly #names: ReadonlySet<string>;
  readonly #slots = new Map<string, Slot>();

  constructor({ places, own }: BodyRules, allowed: ReadonlySet<ProviderTool>) {
    this.#allowed = allowed;
    this.#own = new Set(own);
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

  /** @throws ProxyError 403 */
  onKey(key: string, inside: string): Slot {
    const places = this.#byName.get(inside);
    if (places) for (const place of places) this.#judge(place, fold(key), key);
    let slot = this.#slots.get(key);
    if (!slot) {
      slot = this.#slotOf(fold(key));
      if (this.#slots.size < MAX_SPELLINGS) this.#slots.set(key, slot);
    }
    return slot;
  }

  #slotOf(name: string): Slot {
    if (this.#own.has(name)) return { name, wish: 'skip' };
    if (this.#byKey.has(name)) return { name, wish: 'value' };
    return this.#names.has(name) ? { name, wish: 'nothing' } : NAMELESS;
  }

  /** @throws ProxyError 403 */
  onValue({ name }: Slot, inside: string, text: string | undefined): void {
    for (const place of this.#byKey.get(name) ?? []) {
      if (place.inside !== undefined && place.inside !== inside) continue;
      if (text !== undefined || place.passes === undefined) this.#judge(place, text ?? '', text ?? name);
    }
  }

  #judge({ key, passes, hosted }: Place, text: string, spelling: string): void {
    if (passes?.test(text) === true) return;
    const tool = hostedTool(hosted, text);
    if (tool !== undefined && this.#allowed.has(tool)) return;
    const isAddress = tool === 'remote-files';
    throw toolNotAllowed(key === undefined || !isAddress ? `"${printable(spelling)}"` : `an address in "${key}"`, tool);
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
