import Anthropic from '@anthropic-ai/sdk';
import { FAILING_MODELS, promptOf, type Cases } from '../cases.ts';

const MODEL = 'claude-local';

const messageOf = (name: string, model = MODEL) => ({
  model,
  max_tokens: 64,
  messages: [{ role: 'user' as const, content: promptOf(name) }],
});

async function message(client: Anthropic, name: string, model?: string): Promise<unknown> {
  const { content, usage } = await client.messages.create(messageOf(name, model));
  const [block] = content;
  return { text: block?.type === 'text' && block.text, input: usage.input_tokens, output: usage.output_tokens };
}

async function messageStream(client: Anthropic, name: string): Promise<unknown> {
  const chunks: string[] = [];
  const stream = client.messages.stream(messageOf(name)).on('text', (text) => chunks.push(text));
  const { usage } = await stream.finalMessage();
  return { chunks, input: usage.input_tokens, output: usage.output_tokens };
}

export function anthropicCases(): Cases {
  const client = new Anthropic();
  return {
    'anthropic.message': () => message(client, 'anthropic.message'),
    'anthropic.message-stream': () => messageStream(client, 'anthropic.message-stream'),
    'anthropic.count-tokens': async () => {
      const { model, messages } = messageOf('anthropic.count-tokens');
      return { tokens: (await client.messages.countTokens({ model, messages })).input_tokens };
    },
    'anthropic.models': async () => {
      const ids: string[] = [];
      for await (const model of client.models.list()) ids.push(model.id);
      return { ids };
    },
    'anthropic.bad-request': () => message(client, 'anthropic.bad-request', FAILING_MODELS.badRequest),
    'anthropic.rate-limit': () => message(client, 'anthropic.rate-limit', FAILING_MODELS.rateLimit),
    'anthropic.refused': () => client.messages.batches.list(),
  };
}
