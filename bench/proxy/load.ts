/** A process that keeps 9 MB bodies passing, one each way at a time, until its parent leaves. Argument: the endpoint. */
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
