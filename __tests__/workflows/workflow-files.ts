import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../testing/root.ts';

const isWorkflow = (file: string): boolean => /\.ya?ml$/.test(file);
const filesIn = (folder: string): string[] => readdirSync(join(ROOT, folder)).map((file) => join(folder, file));

/** The repository's workflows and those that the tests run, relative to the root of the repository. */
export const WORKFLOWS = [...filesIn('.github/workflows'), ...filesIn('__tests__/workflows')]
  .filter(isWorkflow)
  .toSorted();
