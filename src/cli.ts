#!/usr/bin/env node
import { join } from 'node:path';
import { runCommandLine } from './command-line/command-line.ts';

// dist/cli/index.js is two levels below the installation's directory.
process.exit(await runCommandLine(process.argv.slice(2), join(import.meta.dirname, '..', '..')));
