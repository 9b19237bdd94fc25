// The four cases against pouch_server. Arguments: port, folder, rows, edits, few, file of rows. Prints a line of JSON each.
import fs from 'fs';
import PouchDB from 'pouchdb';
const [port, folder, rows, edits, few, file] = process.argv.slice(2);
const [N, M, K] = [rows, edits, few].map(Number);
const options = { batch_size: 1000, batches_limit: 10 };
const url = `http://127.0.0.1:${port}/bench`;
const remote = new PouchDB(url), local = new PouchDB(folder + '/one');
const timed = async (name, count, times, act) => {
  const begun = performance.now();
  let result;
  for (let n = 0; n < times; n++) result = await act();
  console.log(JSON.stringify({ case: name, count, seconds: (performance.now() - begun) / 1000 / times }));
  return result;
};
const must = (found, wanted) => { if (found !== wanted) throw new Error(`${found} instead of ${wanted}`); };
const lines = fs.readFileSync(file, 'utf8').trim().split('\n').slice(0, N);
const documents = lines.map(line => { const { id, ...rest } = JSON.parse(line); return { _id: id, ...rest }; });
for (let n = 0; n < N; n += 5000) await remote.bulkDocs(documents.slice(n, n + 5000));
const edit = async (database, count, mark) => {
  const found = await database.allDocs({ include_docs: true, limit: count });
  await database.bulkDocs(found.rows.map(row => ({ ...row.doc, name: row.doc.name + mark })));
};
must((await timed('first', N, 1, () => local.replicate.from(url, options))).docs_written, N);
await local.replicate.to(url, options);
await timed('noop', 1, 10, () => PouchDB.sync(local, remote, options));
await edit(local, M, ' a');
must((await timed('push', M, 1, () => local.replicate.to(url, options))).docs_written, M);
await local.replicate.from(url, options);
await edit(remote, K, ' b');
must((await timed('few', K, 1, () => local.replicate.from(url, options))).docs_written, K);
process.exit(0);
