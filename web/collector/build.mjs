// Builds what an edge serves and a bundler imports, from src/index.ts into dist/ (or a folder given).
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import ts from "typescript";

const ROOT = path.dirname(fileURLToPath(import.meta.url));
const NAME = "octet-collector";

/** The files that declare what strangers may use, each after what it refers to. */
const PUBLIC = ["config", "verdict", "error", "index"];

/** Constants that the build puts in place of their names. */
export async function constants() {
  const { version } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8"));
  return { COLLECTOR_VERSION: JSON.stringify(version) };
}

/**
 * Builds beside the folder, then moves each file over what is there: an edge that starts meanwhile
 * finds all files, and nothing older stays.
 *
 * @param {string} folder
 */
export async function build(folder = path.join(ROOT, "dist")) {
  const next = `${folder}.next`;
  await rm(next, { recursive: true, force: true });
  await mkdir(next, { recursive: true });
  await write(next);
  await mkdir(folder, { recursive: true });
  const built = new Set(await readdir(next));
  for (const file of built) await rename(path.join(next, file), path.join(folder, file));
  for (const file of await readdir(folder)) {
    if (!built.has(file)) await rm(path.join(folder, file), { recursive: true });
  }
  await rm(next, { recursive: true });
}

/** @param {string} folder */
async function write(folder) {
  await script(folder, `${NAME}.js`, { format: "iife", globalName: "octet" });
  await script(folder, `${NAME}.mjs`, { format: "esm" });
  await writeFile(path.join(folder, `${NAME}.d.ts`), declarations());
  const served = await readFile(path.join(folder, `${NAME}.js`));
  const digest = createHash("sha384").update(served).digest("base64");
  await writeFile(path.join(folder, `${NAME}.js.sri`), `sha384-${digest}\n`);
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {import("esbuild").BuildOptions} form
 */
async function script(folder, file, form) {
  await bundle({
    ...form,
    absWorkingDir: ROOT,
    entryPoints: ["src/index.ts"],
    outfile: path.join(folder, file),
    define: await constants(),
    bundle: true,
    minify: true,
    target: "es2020",
    charset: "utf8",
    legalComments: "none",
    sourcemap: "external", // beside the script for those who install the package; no edge serves it
    logLevel: "warning",
    logOverride: { "direct-eval": "error" },
  });
}

/** One declaration file: tsc's, a source file each, put together without their imports. */
function declarations() {
  const emitted = new Map(declared().map(([name, text]) => [path.basename(name, ".d.ts"), text]));
  return PUBLIC.map((name) => withoutImports(emitted.get(name) ?? "")).join("\n");
}

/** @param {string} text */
function withoutImports(text) {
  return text.replace(/^(import|export) [^;]*? from "[^"]*";\n/gm, "");
}

/** @returns {[string, string][]} */
function declared() {
  const { config } = ts.readConfigFile(path.join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const entry = path.join(ROOT, "src/index.ts");
  const program = ts.createProgram([entry], { ...options, ...EMIT });
  /** @type {[string, string][]} */
  const files = [];
  const { diagnostics } = program.emit(undefined, (name, text) => files.push([name, text]));
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length > 0) throw new Error(ts.formatDiagnostics(faults, HOST));
  return files;
}

/** @type {ts.CompilerOptions} */
const EMIT = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: tmpdir() };

/** @type {ts.FormatDiagnosticsHost} */
const HOST = {
  getCurrentDirectory: () => ROOT,
  getCanonicalFileName: (name) => name,
  getNewLine: () => "\n",
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await build(process.argv[2]);
