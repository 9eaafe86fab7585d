/**
 * Adds up the results that script/test collected in a folder: `node script/count-results.ts FOLDER`.
 *
 * `NAME.check` holds `passed` or `failed`; `NAME.exit` the exit status of the vitest project NAME, and `NAME.json` its
 * report.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly TestFile[];
}

interface TestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function countSuite(name: string, exitStatus: number, report: Report | undefined): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (report) {
    // A file that cannot be loaded has failed without one failed test.
    const unloadable = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
    );
    counts.passed = report.numPassedTests;
    counts.failed = report.numFailedTests + unloadable.length;
    counts.skipped = report.numPendingTests + report.numTodoTests;
    for (const { name: file, assertionResults } of report.testResults) {
      for (const { status, fullName } of assertionResults) {
        if (status !== 'passed' && status !== 'failed') console.log(`skipped: ${basename(file)}: ${fullName}`);
      }
    }
  }
  if (counts.passed + counts.failed === 0) {
    console.log(`The suite ${name} ran no test.`);
    counts.failed = 1;
  } else if (exitStatus !== 0 && counts.failed === 0) {
    console.log(`The suite ${name} ended with exit status ${exitStatus}, although no test failed.`);
    counts.failed = 1;
  }
  return counts;
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node script/count-results.ts FOLDER');
const read = (file: string): string => readFileSync(join(folder, file), 'utf8').trim();

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const file of readdirSync(folder).toSorted()) {
  if (file.endsWith('.check')) {
    if (read(file) === 'passed') {
      total.passed++;
    } else {
      total.failed++;
      console.log(`failed: ${basename(file, '.check')}`);
    }
  } else if (file.endsWith('.exit')) {
    const name = basename(file, '.exit');
    const report = existsSync(join(folder, `${name}.json`)) ? (JSON.parse(read(`${name}.json`)) as Report) : undefined;
    const counts = countSuite(name, Number(read(file)), report);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
}

const skippedFails = process.env['CI'] === 'true' && total.skipped > 0;
if (skippedFails) console.log('With CI=true no test may be skipped.');
process.exitCode = total.failed > 0 || skippedFails ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
