/** Narrows parsed JSON, for servers that tolerate what they do not understand. */

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects in a list. Empty if `value` is not a list. */
export const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

export const text = (value: unknown, fallback = ''): string => (typeof value === 'string' ? value : fallback);
