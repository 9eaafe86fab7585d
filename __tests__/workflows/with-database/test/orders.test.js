import { env } from 'node:process';
import { equal } from 'node:assert';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { total } from '../src/orders.js';

const client = new pg.Client({ connectionString: env.DATABASE_URL });
before(async () => {
  await client.connect();
  await client.query('CREATE TEMPORARY TABLE orders (cents int)');
  await client.query('INSERT INTO orders VALUES (100), (250)');
});
after(() => client.end());

test('adds the orders up', async () => {
  equal(await total(client), 350);
});
