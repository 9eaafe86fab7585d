import { GoogleGenAI, Modality, type LiveServerMessage } from '@google/genai';
import { FAILING_MODELS, promptOf, type Cases } from '../cases.ts';

const MODEL = 'gemini-local';

async function generate(client: GoogleGenAI, name: string, model = MODEL): Promise<unknown> {
  const { text, usageMetadata } = await client.models.generateContent({ model, contents: promptOf(name) });
  return { text, input: usageMetadata?.promptTokenCount, output: usageMetadata?.candidatesTokenCount };
}

async function generateStream(client: GoogleGenAI, name: string): Promise<unknown> {
  const chunks: (string | undefined)[] = [];
  let usage: { promptTokenCount?: number; candidatesTokenCount?: number } | undefined;
  for await (const chunk of await client.models.generateContentStream({ model: MODEL, contents: promptOf(name) })) {
    chunks.push(chunk.text);
    usage = chunk.usageMetadata;
  }
  return { chunks, input: usage?.promptTokenCount, output: usage?.candidatesTokenCount };
}

async function live(client: GoogleGenAI, name: string): Promise<unknown> {
  const chunks: string[] = [];
  const ended = Promise.withResolvers<LiveServerMessage>();
  // connect() itself throws a failure to connect.
  ended.promise.catch(() => undefined);
  const session = await client.live.connect({
    model: MODEL,
    config: { responseModalities: [Modality.TEXT] },
    callbacks: {
      onmessage: (message) => {
        for (const { text } of message.serverContent?.modelTurn?.parts ?? []) chunks.push(text ?? '');
        if (message.serverContent?.turnComplete) ended.resolve(message);
      },
      onerror: ({ message }: { message?: string }) => ended.reject(new Error(message)),
      onclose: ({ reason }) => ended.reject(new Error(`closed: ${reason}`)),
    },
  });
  session.sendClientContent({ turns: promptOf(name) });
  const { usageMetadata } = await ended.promise;
  session.close();
  return { chunks, input: usageMetadata?.promptTokenCount, output: usageMetadata?.responseTokenCount };
}

export function geminiCases(): Cases {
  const client = new GoogleGenAI({});
  return {
    'gemini.generate': () => generate(client, 'gemini.generate'),
    'gemini.generate-stream': () => generateStream(client, 'gemini.generate-stream'),
    'gemini.live': () => live(client, 'gemini.live'),
    'gemini.embeddings': async () => {
      const request = { model: MODEL, contents: promptOf('gemini.embeddings') };
      const { embeddings } = await client.models.embedContent(request);
      return { vectors: embeddings?.map(({ values }) => values) };
    },
    'gemini.count-tokens': async () => {
      const request = { model: MODEL, contents: promptOf('gemini.count-tokens') };
      return { tokens: (await client.models.countTokens(request)).totalTokens };
    },
    'gemini.models': async () => {
      const ids: (string | undefined)[] = [];
      for await (const model of await client.models.list()) ids.push(model.name);
      return { ids };
    },
    'gemini.bad-request': () => generate(client, 'gemini.bad-request', FAILING_MODELS.badRequest),
    'gemini.rate-limit': () => generate(client, 'gemini.rate-limit', FAILING_MODELS.rateLimit),
    'gemini.refused': () => client.files.list(),
  };
}
