import type { Config } from '../config/config.ts';
import { UserError } from '../errors.ts';
import { parseNotice, type Notice } from '../shared/notice.ts';
import type { Pricing } from '../shared/prices.ts';
import { NO_USAGE } from '../shared/usage.ts';
import { modelKey } from '../report/usage.ts';
import {
  budgetNotice,
  certificateRefusedText,
  credentialRefusedText,
  noModelText,
  noPriceText,
  wrongKeyText,
} from './messages.ts';

/** What a run does about what the api-proxy tells it. */
export interface NoticeActions {
  /** Loads the prices once; a run that asks no model never needs them. */
  readonly loadPricing: () => Promise<Pricing>;
  /** Gets the models that were warned about. */
  readonly warnedModels: Set<string>;
  /** Shows a warning while the command runs. */
  readonly warn: (message: string) => void;
  /** Ends the command. */
  readonly end: (reason: UserError) => void;
}

/** Models that are warned about one by one. A hostile gateway may invent any number; the report has the others. */
const MAX_WARNINGS = 10;

/** @returns takes the lines of the api-proxy's output */
export function noticeReader(config: Config, actions: NoticeActions): (line: string) => void {
  return (line) => {
    const notice = parseNotice(line);
    // Without prices, the report says that the cost is unknown.
    if (notice !== undefined) act(notice, config, actions).catch(() => undefined);
  };
}

async function act(notice: Notice, config: Config, actions: NoticeActions): Promise<void> {
  const { loadPricing, warnedModels, warn, end } = actions;
  switch (notice.event) {
    case 'budget-warning':
      warn(budgetNotice(config, notice));
      return;
    case 'wrong-key':
      warn(wrongKeyText(config, notice));
      return;
    case 'no-model':
      warn(noModelText(config, notice));
      return;
    case 'certificate-refused':
      warn(certificateRefusedText(notice.host));
      return;
    case 'credential-refused':
      end(new UserError(...credentialRefusedText(config, notice)));
      return;
    case 'model-used': {
      const usage = { ...NO_USAGE, inputTokens: 1 };
      const priceOf = await loadPricing();
      if (priceOf({ ...notice, usage, answers: 1, time: new Date() }) !== undefined) return;
      if (warnedModels.size >= MAX_WARNINGS) return;
      warnedModels.add(modelKey(notice));
      warn(noPriceText(config, [notice]));
    }
  }
}
