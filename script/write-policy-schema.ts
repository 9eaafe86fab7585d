/** Writes the schema of policy files for editors: `node script/write-policy-schema.ts [FILE]`. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyJsonSchema } from '../src/policy/schema.ts';

const file = process.argv[2] ?? join(import.meta.dirname, '../schema/policy.schema.json');
writeFileSync(file, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
