#!/usr/bin/env node
import { join } from 'node:path';
import { commandLine } from './command-line/command-line.ts';
import { endOfProgram } from './command-line/end.ts';
import { exitWith } from './run/exit.ts';

// dist/cli/index.js is two levels below the installation's directory.
await exitWith(
  (signal) => commandLine(process.argv.slice(2), join(import.meta.dirname, '..', '..'), signal),
  endOfProgram,
);
