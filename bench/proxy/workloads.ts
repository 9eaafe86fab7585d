/**
 * The requests sent to every contender, and the provider's answers. The model's name in the request selects the answer.
 */

export const WORKLOADS = ['small', 'events', 'answer', 'prompt', 'pulse'] as const;
/**
 * `small`: 300 octets of JSON. `events`: a stream of 50 events. `answer`, `prompt`: 9 MB in one direction. `pulse`: an
 * event every 5 ms until the client disconnects.
 */
export type Workload = (typeof WORKLOADS)[number];

export const EVENTS = 50;
export const PULSE_MS = 5;
/** The octets of a large body, below the sidecar's default limit. */
const LARGE = 9_000_000;

/** @param modelPrefix what a gateway wants in front of the model's name to recognise the provider */
export function promptFor(workload: Workload, modelPrefix = ''): Buffer {
  const content = workload === 'prompt' ? 'x'.repeat(LARGE) : 'Say hello.';
  const stream = workload === 'events' || workload === 'pulse';
  return Buffer.from(
    JSON.stringify({ model: `${modelPrefix}bench-${workload}`, messages: [{ role: 'user', content }], stream }),
  );
}

/** @param head the beginning of a request's body */
export function workloadIn(head: string): Workload | undefined {
  const name = /"model":"bench-(\w+)"/.exec(head)?.[1];
  return WORKLOADS.find((workload) => workload === name);
}

/** One event in the format of OpenAI's chat completions. */
export function eventOf(index: number): Buffer {
  const choice = { index: 0, delta: { content: `word ${index} ` }, finish_reason: null };
  const data = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 0, model: 'bench', choices: [choice] };
  return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
}

/** An answer in the same format. */
export function completionFor(workload: Workload): Buffer {
  const content = workload === 'answer' ? 'x'.repeat(LARGE) : 'Hello from the provider of the benchmark.';
  const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
  const usage = { prompt_tokens: 10, completion_tokens: 12, total_tokens: 22 };
  const answer = {
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 0,
    model: 'bench',
    choices: [choice],
    usage,
  };
  return Buffer.from(JSON.stringify(answer));
}

/** The fewest octets in a whole answer. A gateway may rewrite it in fewer. */
export function leastAnswer(workload: Workload): number {
  return workload === 'answer' ? LARGE : 150;
}
