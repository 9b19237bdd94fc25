// The four cases against watermelon_server. Arguments: port, folder, rows, edits, few. Prints a line of JSON each.
const http = require('http');
const { Database, Model, appSchema, tableSchema } = require('@nozbe/watermelondb');
const SQLiteAdapter = require('@nozbe/watermelondb/adapters/sqlite').default;
const { synchronize } = require('@nozbe/watermelondb/sync');
const [port, folder, rows, edits, few] = process.argv.slice(2);
const [N, M, K] = [rows, edits, few].map(Number);
const text = (name, isIndexed = false) => ({ name, type: 'string', isIndexed });
const columns = [text('site_id', true), text('kind'), text('name'), text('mac', true), text('model'), text('pin'), text('unit'), text('phone'), text('notes'), { name: 'rev', type: 'number' }];
const schema = appSchema({ version: 1, tables: [tableSchema({ name: 'rows', columns })] });
class Row extends Model { static table = 'rows'; }
// A connection for each request (0.1 ms on loopback) and no timeout: node's fetch keeps connections, and finds them ended
// after the client's thread was busy for long, or gives an answer up that a loaded machine takes minutes for.
const ask = (path, body) => new Promise((resolve, reject) => {
  const content = Buffer.from(JSON.stringify(body));
  const headers = { 'content-length': content.length };
  const request = http.request({ host: '127.0.0.1', port, path, method: 'POST', agent: false, headers }, answer => {
    const pieces = [];
    answer.on('data', piece => pieces.push(piece));
    answer.on('error', reject);
    answer.on('end', () => {
      if (answer.statusCode !== 200) return reject(new Error('status ' + answer.statusCode));
      return resolve(JSON.parse(Buffer.concat(pieces)));
    });
  });
  request.setNoDelay(true);
  request.on('error', reject);
  request.end(content);
});
const say = record => process.stdout.write(JSON.stringify(record) + '\n');
const timed = async (name, count, times, act) => {
  const begun = performance.now();
  for (let n = 0; n < times; n++) await act();
  say({ case: name, count, seconds: (performance.now() - begun) / 1000 / times });
};
(async () => {
  const adapter = new SQLiteAdapter({ schema, dbName: folder + '/w', jsi: false });
  const database = new Database({ adapter, modelClasses: [Row] });
  const sync = () => synchronize({ database, pullChanges: body => ask('/pull', body), pushChanges: body => ask('/push', body) });
  const found = database.get('rows').query();
  await timed('first', N, 1, sync);
  if (await found.fetchCount() !== N) throw new Error('rows are missing');
  await timed('noop', 1, 10, sync);
  const records = (await found.fetch()).slice(0, M);
  await database.write(() => database.batch(records.map(record => record.prepareUpdate(row => { row._setRaw('name', row._getRaw('name') + ' e'); }))));
  await timed('push', M, 1, sync);
  await sync();
  await ask('/touch', { count: K });
  await timed('few', K, 1, sync);
  process.exit(0);
})().catch(fault => { console.error(fault); process.exit(1); });
