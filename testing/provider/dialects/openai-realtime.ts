/** https://developers.openai.com/api/docs/guides/realtime-websocket, text only. */

import { isObject, type JsonObject, text } from '../../json.ts';
import { type Answer, type Channel, type Completion, messagesAnswer, words } from './dialect.ts';

const newId = (prefix: string) => `${prefix}_${crypto.randomUUID().replaceAll('-', '').slice(0, 21)}`;

const serverEvents = (events: readonly JsonObject[]): Answer =>
  messagesAnswer(events.map((event) => ({ event_id: newId('event'), ...event })));

function response(completion: Completion): Answer {
  const id = newId('resp');
  const spoken = text(completion);
  const item = { id: newId('item'), object: 'realtime.item', type: 'message', role: 'assistant' };
  const part = { type: 'output_text', text: spoken };
  const done = { ...item, status: 'completed', content: [part] };
  const started = { object: 'realtime.response', id, status: 'in_progress', output: [], usage: null };
  const inItem = { response_id: id, output_index: 0 };
  const inPart = { ...inItem, item_id: item.id, content_index: 0 };
  return serverEvents([
    { type: 'response.created', response: started },
    { type: 'response.output_item.added', ...inItem, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...inPart, part: { type: 'text', text: '' } },
    ...words(spoken).map((delta) => ({ type: 'response.output_text.delta', ...inPart, delta })),
    { type: 'response.output_text.done', ...inPart, text: spoken },
    { type: 'response.content_part.done', ...inPart, part: { type: 'text', text: spoken } },
    { type: 'response.output_item.done', ...inItem, item: done },
    {
      type: 'response.done',
      response: {
        ...started,
        status: 'completed',
        output: [done],
        usage: { total_tokens: 19, input_tokens: 12, output_tokens: 7 },
      },
    },
  ]);
}

/** @param model the name from the query */
export function realtimeChannel(model: string): Channel {
  const session = { object: 'realtime.session', type: 'realtime', id: newId('sess'), model };
  let turn = 0;
  return {
    greeting: serverEvents([{ type: 'session.created', session }]).chunks,
    binary: false,
    receive: (message) => {
      const type = text(message['type']);
      if (type === 'response.create') {
        return { model, stream: true, turn: turn++, tools: [], answer: response };
      }
      if (type === 'session.update') {
        const changes = isObject(message['session']) ? message['session'] : {};
        return serverEvents([{ type: 'session.updated', session: { ...session, ...changes } }]).chunks;
      }
      if (type === 'conversation.item.create') {
        const given = isObject(message['item']) ? message['item'] : {};
        const item = { id: newId('item'), object: 'realtime.item', status: 'completed', ...given };
        return serverEvents([
          { type: 'conversation.item.added', previous_item_id: null, item },
          { type: 'conversation.item.done', previous_item_id: null, item },
        ]).chunks;
      }
      const error = { type: 'invalid_request_error', code: 'unknown_event', message: `Unknown event ${type}.` };
      return serverEvents([{ type: 'error', error }]).chunks;
    },
  };
}
