/** An object of somebody else's JSON, about which nothing is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for an array too. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;

/** True for an object that is no array. */
export const isRecord = (value: unknown): value is JsonObject => isObject(value) && !Array.isArray(value);
