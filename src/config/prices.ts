import { UserError } from '../errors.ts';
import type { OwnPrice } from '../shared/prices.ts';
import { placeOf, type Given } from './source.ts';

const HINT =
  'Write a model and its prices in US dollars per million tokens: MODEL INPUT OUTPUT, and if they differ from INPUT, those ' +
  'for input read from a cache, written to one, and written to be kept for an hour. For example ' +
  '"my-deployment 2 8" or "claude-* 3 15 0.3 3.75 6".';

/** Six digits on each side: from a millionth of a dollar to a million. */
const AMOUNT = /^\d{1,6}(\.\d{1,6})?$/;
/** What a model may be named, with at most one `*`. The log joins the models of one WebSocket with commas. */
const MODEL = /^[\w./:@,-]*\*?[\w./:@,-]*$/;

/** An entry of `prices`: `MODEL INPUT OUTPUT [CACHED [WRITE [HOUR-WRITE]]]`. */
export function ownPrice({ text, source }: Given): OwnPrice {
  const place = placeOf(source);
  const refuse = (why: string): never => {
    throw new UserError(`${place}: "${text}" ${why}.`, { hint: HINT });
  };
  const [model = '', ...amounts] = text.split(/\s+/);
  if (!MODEL.test(model)) refuse('does not begin with the name of a model, in which one * may stand for anything');
  if (amounts.length < 2 || amounts.length > 5) refuse('has not two to five prices after the model');
  const wrong = amounts.find((amount) => !AMOUNT.test(amount));
  if (wrong !== undefined) refuse(`has a price that is not a number of dollars, "${wrong}"`);
  const [input = 0, output = 0, cachedInput = input, cacheWrite = input, hourCacheWrite = cacheWrite] =
    amounts.map(Number);
  return { model, input, output, cachedInput, cacheWrite, hourCacheWrite };
}
