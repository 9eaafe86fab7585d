/**
 * A reporter for vitest. It names skipped tests and suites without tests, and writes `PASSED FAILED SKIPPED` to the
 * file in COUNTS_FILE, where script/test adds up the numbers.
 */
import { existsSync, writeFileSync } from 'node:fs';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

type Outcome = 'passed' | 'failed' | 'skipped';

/** What the name of a test may ask for that no tool can give, and whether it is so here. Any other reason to skip it counts. */
const DEMANDS: readonly (readonly [name: RegExp, isMet: boolean])[] = [
  [/\(only as root\b/, process.getuid?.() === 0],
  [/\bon version 1 of control groups\)/, existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes')],
];

/** True for a test that only another user or another kind of kernel can run. */
const isForElsewhere = (test: string): boolean => DEMANDS.some(([name, isMet]) => !isMet && name.test(test));

export default class CountTests implements Reporter {
  #suites: readonly string[] = [];

  onInit(vitest: Vitest): void {
    this.#suites = vitest.projects.map(({ name }) => name);
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 };
    const ran = new Set<string>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const outcome = outcomeOf(test.result().state);
        if (outcome !== 'skipped') ran.add(module.project.name);
        const isElsewhere = outcome === 'skipped' && isForElsewhere(test.fullName);
        if (!isElsewhere) counts[outcome]++;
        if (outcome === 'skipped') {
          console.log(
            `${isElsewhere ? 'not for this user or kernel' : 'skipped'}: ${module.relativeModuleId}: ${test.fullName}`,
          );
        }
      }
      // A file that cannot be loaded fails without a failed test.
      if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) counts.failed++;
    }
    for (const suite of this.#suites.filter((name) => !ran.has(name))) {
      console.log(`The suite ${suite} ran no tests.`);
      counts.failed++;
    }
    counts.failed += errors.length;
    writeFileSync(process.env['COUNTS_FILE'] ?? '', `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
  }
}

/** A test that is still pending at the end never ran. It counts as failed. */
function outcomeOf(state: 'passed' | 'failed' | 'skipped' | 'pending'): Outcome {
  return state === 'pending' ? 'failed' : state;
}
