/** The sum of all orders in cents. */
export async function total(client) {
  const { rows } = await client.query('SELECT max(cents)::int AS total FROM orders');
  return rows[0].total;
}
