// schema-check.mjs SCHEMA DOCUMENTS: which of the documents (a JSON list of texts) the schema takes, as a JSON list of "" or the first fault.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';

const [schema, documents] = process.argv.slice(2).map(path => JSON.parse(readFileSync(path, 'utf8')));
const validate = new Ajv.default({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false }).compile(schema);
console.log(JSON.stringify(documents.map(text => validate(JSON.parse(text))
  ? ''
  : `${validate.errors[0].instancePath} ${validate.errors[0].message}`)));
