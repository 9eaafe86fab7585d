/** The workflows in `examples/`, as text and as data. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isObject, type JsonObject, objects } from '../../testing/json.ts';
import { ROOT } from '../../testing/root.ts';

/** What stands in the examples for this action. The reader replaces OWNER. */
export const THIS_ACTION = 'OWNER/awf@v1';

const EXAMPLES_FOLDER = 'examples';

/** The names of the files. */
export const EXAMPLES = readdirSync(join(ROOT, EXAMPLES_FOLDER))
  .filter((file) => file.endsWith('.yml'))
  .toSorted();

export const exampleText = (file: string): string => readFileSync(join(ROOT, EXAMPLES_FOLDER, file), 'utf8');

const object = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The jobs of an example, by their names. */
export const jobsOf = (text: string): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(Object.entries(object(object(parse(text))['jobs'])).map(([name, job]) => [name, object(job)]));

/** All steps of an example. */
export const stepsOf = (text: string): JsonObject[] =>
  Object.values(jobsOf(text)).flatMap((job) => objects(job['steps']));

/** The steps that use AWF. */
export const awfSteps = (text: string): JsonObject[] => stepsOf(text).filter(({ uses }) => uses === THIS_ACTION);
