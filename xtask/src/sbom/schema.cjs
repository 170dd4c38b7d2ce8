// Holds a bill on the standard input against CycloneDX's schema: `null`, or an array of faults, on the standard output.
// The only argument is the folder of the npm package that has the schema.
const { readFileSync } = require("node:fs");
const { Spec, Validation } = require(process.argv[2]);

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
validator.validate(readFileSync(0, "utf8")).then((faults) => console.log(JSON.stringify(faults)));
