// Holds resources against the schemas of those who take them: a JSON array on the standard input, a JSON
// array of faults on the standard output. The only argument is a folder of npm packages with the schemas.
//
// The packages' validators look at what they know, and let pass what they do not. A field that none of
// them has read is therefore unknown, which Kubernetes would drop without a word: that is a fault too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What Istio passes on without a look: a real Envoy has to take it. */
const PASSED_ON = [/^\/spec\/pluginConfig\//, /^\/spec\/configPatches\/\d+\/patch\/value\//];

/** The validator of an API version and a kind, as a file of one of the packages. */
function schema({ apiVersion, kind }) {
  const camel = (text) => text.split(".").map((word) => word[0].toUpperCase() + word.slice(1)).join("");
  const [version, group] = apiVersion.split("/").reverse();
  if (group === "monitoring.coreos.com") {
    const prefix = "ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoring";
    return ["@kubernetes-models/prometheus-operator", prefix + camel(version) + kind];
  }
  if (group?.endsWith(".istio.io")) return ["@kubernetes-models/istio", camel(group) + camel(version) + kind];
  if (group === "gateway.networking.k8s.io") {
    return ["@kubernetes-models/gateway-api", `IoK8sSigsGatewayApiApis${camel(version)}${kind}`];
  }
  const short = group?.replace(/\.k8s\.io$/, "") ?? "core";
  return ["kubernetes-models", `IoK8sApi${camel(short)}${camel(version)}${kind}`];
}

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
  const [name, file] = schema(resource);
  const { validate } = await import(pathToFileURL(join(process.argv[2], name, "_schemas", `${file}.js`)));
  const read = new Set();
  validate(watch(resource, "", read));
  for (const error of validate.errors ?? []) {
    faults.push(`${resource.kind}${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`);
  }
  for (const path of fields(resource)) {
    const known = read.has(path) || PASSED_ON.some((part) => part.test(path));
    if (!known) faults.push(`${resource.kind}${path}: unknown field`);
  }
}
console.log(JSON.stringify(faults));
