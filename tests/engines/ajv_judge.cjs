// Judge values by a schema with ajv in strict mode.
//
// Standard input: {"schema": ..., "values": [...]}. Standard output: a list with the messages on each value. A schema
// that strict mode does not take ends the program with its complaint.
"use strict";

const fs = require("node:fs");

const { schema, values } = JSON.parse(fs.readFileSync(0, "utf8"));
const Ajv = require(schema.$schema.includes("2020-12") ? "ajv/dist/2020" : "ajv").default;
const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
ajv.addVocabulary(["x-taplo", "x-tombi-toml-version"]);
const judge = ajv.compile(schema);

const messages = values.map((value) =>
  judge(value) ? [] : judge.errors.map((error) => `${error.instancePath} ${error.message}`)
);
process.stdout.write(JSON.stringify(messages));
