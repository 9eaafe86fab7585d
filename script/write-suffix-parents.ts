/** Writes the names above public suffixes, after an update of `tldts`: `node script/write-suffix-parents.ts`. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suffixParentsSource } from '../testing/suffix-parents.ts';

writeFileSync(join(import.meta.dirname, '../src/config/suffix-parents.ts'), suffixParentsSource());
