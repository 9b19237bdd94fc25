// The smallest backend that keeps WatermelonDB's contract: rows in memory, one counter as the clock. Arguments: port, file.
const http = require('http'), fs = require('fs');
const [port, file] = process.argv.slice(2);
const rows = new Map();
let clock = 1;
for (const line of fs.readFileSync(file, 'utf8').trim().split('\n')) {
  const row = JSON.parse(line);
  rows.set(row.id, { row, at: clock, born: clock });
}
clock++;
const pull = ({ lastPulledAt }) => {
  const since = lastPulledAt || 0, created = [], updated = [];
  for (const held of rows.values()) if (held.at > since) (held.born > since ? created : updated).push(held.row);
  return { changes: { rows: { created, updated, deleted: [] } }, timestamp: clock };
};
const push = ({ changes, lastPulledAt }) => {
  clock++;
  for (const row of [...changes.rows.created, ...changes.rows.updated]) {
    const held = rows.get(row.id);
    if (held && held.at > lastPulledAt) return null;
    const { _status, _changed, ...plain } = row;
    rows.set(row.id, { row: plain, at: clock, born: held ? held.born : clock });
  }
  return {};
};
const touch = ({ count }) => {
  clock++;
  for (const held of [...rows.values()].slice(0, count)) {
    held.row = { ...held.row, name: held.row.name + ' s' };
    held.at = clock;
  }
  return {};
};
const acts = { '/pull': pull, '/push': push, '/touch': touch };
const server = http.createServer((request, answer) => {
  request.socket.setNoDelay(true);
  const pieces = [];
  request.on('data', piece => pieces.push(piece));
  request.on('end', () => {
    const result = acts[request.url](JSON.parse(Buffer.concat(pieces)));
    answer.statusCode = result === null ? 409 : 200;
    answer.end(JSON.stringify(result));
  });
});
server.requestTimeout = server.headersTimeout = 0;  // a loaded machine takes its time
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
