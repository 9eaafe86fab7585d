import { chmodSync, linkSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { breakHardLinks } from '../../src/workspace/hard-links.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { give, ordinaryUser } from '../../testing/runner/program.ts';

test.runIf(process.getuid?.() === 0)(
  'E12 another user’s file that nobody else may write stays shared: the command cannot change it either (only as root)',
  () => {
    const [workspace, outside] = [temporaryDirectory(), temporaryDirectory()];
    const user = ordinaryUser();
    give(workspace, user);
    const names = { secret: 0o600, readable: 0o644, writable: 0o666 };
    for (const [name, mode] of Object.entries(names)) {
      writeFileSync(join(outside, name), name);
      chmodSync(join(outside, name), mode);
      linkSync(join(outside, name), join(workspace, name));
    }
    process.seteuid!(user.uid);
    vi.spyOn(process, 'getuid').mockReturnValue(user.uid);
    try {
      breakHardLinks(Object.keys(names).map((name) => join(workspace, name)));
    } finally {
      vi.restoreAllMocks();
      process.seteuid!(0);
    }
    const links = Object.keys(names).map((name) => statSync(join(workspace, name)).nlink);
    expect(links).toEqual([2, 2, 1]);
    expect(readFileSync(join(workspace, 'writable'), 'utf8')).toBe('writable');
  },
);
