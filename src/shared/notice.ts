import type { ProviderId } from './providers.ts';
import { isObject } from './json.ts';

/** The limits of a budget, by the names of the options that set them. */
export type BudgetLimit = 'max-requests' | 'max-tokens' | 'max-cost-usd';

/** The share of a limit from which it is worth a warning. */
const WARNING_SHARE = 0.8;
/** What binary fractions may be off by: four times one cent is not four fifths of five cents. */
const NOISE = 1e-9;

/** True if so much of a limit is used that it is worth a warning. */
export const isNearLimit = (used: number, allowed: number): boolean => used / allowed >= WARNING_SHARE - NOISE;

/**
 * What the api-proxy tells the runner while the command runs: a line of its log, which it writes at every level. Whatever
 * of a line comes from outside is in a JSON string, so no request can forge one.
 */
export type Notice =
  /** Most of a budget is used. Written once for each limit. */
  | { readonly event: 'budget-warning'; readonly limit: BudgetLimit; readonly used: number; readonly allowed: number }
  /** A model's first answer that used tokens. */
  | { readonly event: 'model-used'; readonly provider: ProviderId; readonly model: string | null }
  /** The provider refused the credential so often in a row that it will not accept it any more. */
  | {
      readonly event: 'credential-refused';
      readonly provider: ProviderId;
      readonly status: number;
      readonly times: number;
    }
  /** The provider does not know the credential, as its list of models says. */
  | { readonly event: 'wrong-key'; readonly provider: ProviderId; readonly status: number }
  /** A client did not trust the certificate of a named host. Written once for each host. */
  | { readonly event: 'certificate-refused'; readonly host: string }
  /** The command needs a model by name, and the list has none. The status is null if it did not arrive. */
  | { readonly event: 'no-model'; readonly provider: ProviderId; readonly status: number | null };

const EVENTS: readonly unknown[] = [
  'budget-warning',
  'model-used',
  'credential-refused',
  'wrong-key',
  'no-model',
  'certificate-refused',
] satisfies Notice['event'][];

/** The beginning of most lines, which are about requests. */
const REQUEST_LINE = '{"event":"request"';

/** @returns undefined for a line of the api-proxy's output that is no notice */
export function parseNotice(line: string): Notice | undefined {
  // The command decides how many requests there are, so their lines must cost next to nothing.
  if (line.startsWith(REQUEST_LINE)) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && EVENTS.includes(value['event']) ? (value as unknown as Notice) : undefined;
  } catch {
    return undefined;
  }
}
