/** Keeps 9 MB bodies flowing, one in each direction at a time, until its parent exits. Argument: the endpoint. */
import { Client, type Endpoint } from './client.ts';
import type { Workload } from './workloads.ts';

process.on('disconnect', () => process.exit(0));
const client = new Client(JSON.parse(process.argv[2] ?? '') as Endpoint, 2);
await Promise.all([repeat('answer'), repeat('prompt')]);

async function repeat(workload: Workload): Promise<void> {
  const body = client.body(workload);
  for (;;) {
    await client.call(workload, body);
    process.send?.(workload);
  }
}
