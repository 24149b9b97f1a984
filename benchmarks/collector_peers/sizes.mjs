// What a page loads that uses the collector, or one of its peers: each bundled by esbuild as the
// smallest page of its own documentation would. Prints JSON: `{name: {minified, gzipped}}`, bytes.
//
//     node benchmarks/collector_peers/sizes.mjs
//
// The peers are installed into .build/, by the lock file beside this: nothing else here has them.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.join(HERE, "../..");
const PLACE = path.join(ROOT, ".build/collector_peers");

const PAGES = {
  "@octet/collector": `
    import { verify } from "@octet/collector";
    verify({ apiUrl: "/octet", sessionRef: "sess_12345678" }).catch(console.warn);`,
  "@fingerprintjs/botd": `
    import { load } from "@fingerprintjs/botd";
    load().then((botd) => botd.detect()).then(console.log);`,
  "@fingerprintjs/fingerprintjs": `
    import FingerprintJS from "@fingerprintjs/fingerprintjs";
    FingerprintJS.load().then((agent) => agent.get()).then(console.log);`,
  "@thumbmarkjs/thumbmarkjs": `
    import { Thumbmark } from "@thumbmarkjs/thumbmarkjs";
    new Thumbmark().get().then(console.log);`,
  clientjs: `
    import { ClientJS } from "clientjs";
    console.log(new ClientJS().getFingerprint());`,
  imprintjs: `import "imprintjs/dist/imprint.js";`,
};

async function installed() {
  await mkdir(PLACE, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) {
    await copyFile(path.join(HERE, file), path.join(PLACE, file));
  }
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: PLACE,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** The bundle of a page's module, with everything that it imports. */
async function bundled(contents, resolveDir) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

async function version(name, folder) {
  const file = path.join(folder, "node_modules", name, "package.json");
  return JSON.parse(await readFile(file, "utf8")).version;
}

await installed();
const sizes = {};
for (const [name, page] of Object.entries(PAGES)) {
  const folder = name === "@octet/collector" ? ROOT : PLACE;
  const script = await bundled(page, folder);
  sizes[`${name} ${await version(name, folder)}`] = {
    minified: script.length,
    gzipped: gzipSync(script, { level: 9 }).length,
  };
}
console.log(JSON.stringify(sizes));
