/** pip with a simple index (PEP 503) and a wheel, both in a virtual environment and for the user, and urllib. */

import { missing, type BuildTool } from './build-tool.ts';
import { writeZip } from '../zip.ts';

const WHEEL = 'awf_greeting-1.0.0-py3-none-any.whl';
const INFO = 'awf_greeting-1.0.0.dist-info';

export const PYTHON: BuildTool = {
  name: 'python',
  missing: missing('python3', '-c', 'import ensurepip, pip, venv'),
  registry: () => ({
    '/simple/awf-greeting/': `<!DOCTYPE html><a href="/files/${WHEEL}">${WHEEL}</a>`,
    // https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    [`/files/${WHEEL}`]: writeZip({
      'awf_greeting.py': 'GREETING = "python"\n',
      [`${INFO}/METADATA`]: 'Metadata-Version: 2.1\nName: awf-greeting\nVersion: 1.0.0\n',
      [`${INFO}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      [`${INFO}/RECORD`]: 'awf_greeting.py,,\n',
    }),
    '/hello': 'urllib',
  }),
  project: () => ({
    'fetch.py': 'import sys, urllib.request\nprint(urllib.request.urlopen(sys.argv[1]).read().decode())\n',
    'build.py': 'import sys, awf_greeting\nprint("built:", awf_greeting.GREETING, sys.argv[1])\n',
  }),
  // Without this variable, Debian refuses installations into its own Python (PEP 668).
  script: `
    hello=$(python3 fetch.py "$REGISTRY/hello") || hello=
    install="pip install --quiet --retries=0 --disable-pip-version-check --index-url=$REGISTRY/simple/ awf-greeting"
    python3 -m venv environment
    environment/bin/python -m $install
    PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m $install
    environment/bin/python build.py "$hello"
    python3 build.py "$hello, for the user"`,
  built: 'built: python urllib, for the user',
};
