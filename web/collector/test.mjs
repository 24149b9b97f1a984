// Bundles every test under src/ and test/ for node and hands them to node's own runner.
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import { build, constants } from "./build.mjs";

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const OUT = path.join(ROOT, ".build");

process.chdir(ROOT);
await rm(OUT, { recursive: true, force: true });
await build(path.join(OUT, "dist"));
const files = await tests();
await bundle({
  entryPoints: files,
  outdir: path.join(OUT, "test"),
  outbase: ".",
  define: await constants(),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  outExtension: { ".js": ".mjs" },
  logLevel: "warning",
});
const bundled = files.map((file) => path.join(OUT, "test", file.replace(/\.ts$/, ".mjs")));
const options = ["--enable-source-maps", "--test"];
const { status } = spawnSync(process.execPath, [...options, ...bundled], { stdio: "inherit" });
process.exitCode = status ?? 1;

/** Paths of the test files, relative to the package. */
async function tests() {
  const all = await Promise.all(["src", "test"].map((folder) => listed(folder)));
  return all.flat().sort();
}

/** @param {string} folder */
async function listed(folder) {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.endsWith(".test.ts")).map((file) => path.join(folder, file));
}
