/** At this path the api-proxy tells the sandbox, before the command starts, which model to set: lines of `NAME=value`. */
export const MODEL_CHOICE_PATH = '/awf/model-choice';

/** Variables that choose a model. Neither names nor values have characters that a shell would interpret. */
export type ModelChoice = Readonly<Record<string, string>>;

/** A model's name as it may become the value of a variable. */
export const isModelName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9][\w.:@/-]{0,99}$/.test(value);
