// Holds resources against the Prometheus operator's schemas: a JSON array on the standard input, a
// JSON array of faults on the standard output. The only argument is the folder of the npm package
// @kubernetes-models/prometheus-operator.
//
// The package's validators look at what they know, and let pass what they do not. A field that none of
// them has read is therefore unknown, which Kubernetes would drop without a word: that is a fault too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PREFIX = "ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoringV1";

/** The same value, which notes in `read` each field that was read. */
function watch(value, path, read) {
  if (value === null || typeof value !== "object") return value;
  const children = new Map(Object.keys(value).map((key) => [key, watch(value[key], `${path}/${key}`, read)]));
  return new Proxy(value, {
    get(target, key) {
      if (!children.has(key)) return target[key];
      read.add(`${path}/${key}`);
      return children.get(key);
    },
  });
}

function* fields(value, path = "") {
  if (value === null || typeof value !== "object") return;
  for (const [key, child] of Object.entries(value)) {
    yield `${path}/${key}`;
    yield* fields(child, `${path}/${key}`);
  }
}

const faults = [];
for (const resource of JSON.parse(readFileSync(0, "utf8"))) {
  const file = join(process.argv[2], "_schemas", `${PREFIX}${resource.kind}.js`);
  const { validate } = await import(pathToFileURL(file));
  const read = new Set();
  validate(watch(resource, "", read));
  for (const error of validate.errors ?? []) {
    faults.push(`${resource.kind}${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`);
  }
  for (const path of fields(resource)) {
    if (!read.has(path)) faults.push(`${resource.kind}${path}: unknown field`);
  }
}
console.log(JSON.stringify(faults));
