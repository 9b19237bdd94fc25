// A server of the CouchDB replication protocol on loopback. Arguments: port, folder.
import express from 'express';
import expressPouch from 'express-pouchdb';
import fs from 'fs';
import PouchDB from 'pouchdb';
const [port, folder] = process.argv.slice(2);
fs.mkdirSync(folder, { recursive: true });
const databases = PouchDB.defaults({ prefix: folder + '/' });
const app = express();
app.use('/', expressPouch(databases, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: folder + '/log.txt' }));
app.listen(Number(port), '127.0.0.1', () => console.log('ready'));
