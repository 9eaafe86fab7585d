/** https://ai.google.dev/api/live, text only. */

import { isObject, text } from '../../json.ts';
import { type Channel, type Completion, messagesAnswer, words } from './dialect.ts';

const answer = (completion: Completion) =>
  messagesAnswer([
    ...words(text(completion)).map((word) => ({ serverContent: { modelTurn: { parts: [{ text: word }] } } })),
    { serverContent: { generationComplete: true } },
    {
      serverContent: { turnComplete: true },
      usageMetadata: { promptTokenCount: 12, responseTokenCount: 7, totalTokenCount: 19 },
    },
  ]);

export function liveChannel(): Channel {
  let model = '';
  let turn = 0;
  return {
    greeting: [],
    binary: true,
    receive: ({ setup, clientContent }) => {
      if (isObject(setup)) {
        model = text(setup['model']);
        return [JSON.stringify({ setupComplete: {} })];
      }
      const isTurn = isObject(clientContent) && clientContent['turnComplete'] === true;
      return isTurn ? { model, stream: true, turn: turn++, tools: [], answer } : [];
    },
  };
}
