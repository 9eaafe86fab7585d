/** What the programs of every day expect of a machine: a server of one's own, shared memory, tar as root. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { copyAction, give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

const IS_ROOT = process.getuid?.() === 0;

const SERVER = `: > ready; node -e "
  require('http').createServer((q, a) => a.end('mine')).listen(8123, '0.0.0.0', () => console.log('listening'))" > ready &
  until grep -q listening ready; do sleep 0.05; done`;

/** The names under which test suites reach their own servers. */
const NAMES = ['localhost', '127.0.0.1', '0.0.0.0', '"$(hostname)"', '"$(hostname -I | tr -d " ")"'];

const FETCH = `fetch('http://' + process.argv[1] + ':8123/').then((a) => a.text()).then(console.log, console.log)`;

const SCRIPT = sectionedScript({
  'b21 curl': `${SERVER}; for h in ${NAMES.join(' ')}; do curl -sS "http://$h:8123/"; echo; done; kill %1`,
  'b21 node': `${SERVER}; for h in ${NAMES.join(' ')}; do node -e "${FETCH}" "$h"; done; kill %1`,
  'b21 control': 'curl -sS -o /dev/null -w "%{http_code}" http://not-mine.example:8123/; echo',
  'b6 models through Squid': `p=$https_proxy; b=$GEMINI_API_BASE_URL; for u in $b $(echo $b | sed s/:10003/:3128/) http://$(hostname -I | sed 's/20 *$/10/'):10003; do
    curl -sS --noproxy '' -x $p -o /dev/null -w '%{http_code} ' $u/health; curl -sS --noproxy '' -p -x $p -o /dev/null -w '%{http_code} %{http_connect}\n' $u/health 2>/dev/null; done`,
  'b22 shared memory':
    'dd if=/dev/zero of=/dev/shm/x bs=1M count=200 2>/dev/null && stat -c %s /dev/shm/x; rm /dev/shm/x',
  'b20 tar':
    'mkdir out; tar xf a.tar -C out && cat out/file; env -u TAR_OPTIONS tar xf a.tar -C out; echo "without: $?"',
});

describe.each([{ who: 'an ordinary user', asOther: true }, ...(IS_ROOT ? [{ who: 'root', asOther: false }] : [])])(
  'for $who',
  ({ who, asOther }) => {
    let step: ActionStep;
    let result: EntryResult;
    let sections: Record<string, string>;

    beforeAll(async () => {
      step = actionStep({ run: SCRIPT });
      const of = (name: string): string => join(step.runner.workspace, name);
      mkdirSync(of('in'));
      writeFileSync(of('in/file'), 'content\n');
      execFileSync('tar', [
        'cf',
        of('a.tar'),
        '--owner=somebody:54321',
        '--group=others:54322',
        '-C',
        of('in'),
        'file',
      ]);
      if (asOther) {
        const user = ordinaryUser();
        const parent = of('..');
        const { argv } = copyAction(parent);
        give(parent, user);
        result = await runProgram([...user.prefix, ...argv('main')], { env: step.runner.main.env, cwd: of('.') });
      } else {
        result = await step.main();
      }
      sections = sectionsOf(result.stdout);
    });
    afterAll(() => {
      step.runner.remove();
    });

    test.each(['b21 curl', 'b21 node'])('%s: a server of the command’s own answers under every name', (name) => {
      expect(sections[name]?.split('\n')).toEqual(NAMES.map(() => 'mine'));
    });

    test('control: a name that is not the command’s own goes to Squid', () => {
      expect(sections['b21 control']).toBe('403');
    });

    test('a program that ignores NO_PROXY reaches the models through Squid, and nothing else there', () => {
      expect(sections['b6 models through Squid']?.split('\n')).toEqual(['200 200 200', '403 000 403', '403 000 403']);
    });

    test('b22: 200 MB of shared memory', () => {
      expect(sections['b22 shared memory']).toBe(String(200 << 20));
    });

    test('b20: tar unpacks an archive with owners', () => {
      expect(sections['b20 tar']?.split('\n')[0]).toBe('content');
      // The control: root cannot give files away here, and tar would fail.
      expect(sections['b20 tar']).toMatch(who === 'root' ? /Cannot change ownership[^]*without: 2$/ : /without: 0$/);
    });
  },
);
