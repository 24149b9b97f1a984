import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import ts from "typescript";

/** Built by test.mjs before the tests run. */
const DIST = path.resolve(".build/dist");
const MAX_GZIP_BYTES = 6 * 1024;

function read(file: string): string {
  return readFileSync(path.join(DIST, file), "utf8");
}

test("the build is the scripts, their maps, the types and the integrity", () => {
  assert.deepEqual(readdirSync(DIST).sort(), [
    "octet-collector.d.ts",
    "octet-collector.js",
    "octet-collector.js.map",
    "octet-collector.js.sri",
    "octet-collector.mjs",
    "octet-collector.mjs.map",
  ]);
});

test("the script weighs at most 6 KB on the way", () => {
  const bytes = gzipSync(read("octet-collector.js"), { level: 9 }).length;
  assert.ok(bytes <= MAX_GZIP_BYTES, `${bytes} bytes`);
});

test("no script asks for a map that no edge serves", () => {
  for (const file of ["octet-collector.js", "octet-collector.mjs"]) {
    assert.ok(!read(file).includes("sourceMappingURL"), file);
    const { sources } = JSON.parse(read(`${file}.map`)) as { sources: string[] };
    assert.ok(sources.some((source) => source.endsWith("src/verify.ts")));
  }
});

test("the integrity is that of the script", () => {
  const digest = createHash("sha384").update(read("octet-collector.js")).digest("base64");
  assert.equal(read("octet-collector.js.sri"), `sha384-${digest}\n`);
});

test("the script defines octet and nothing else, and touches nothing", () => {
  const world: Record<string, unknown> = {};
  runInNewContext(read("octet-collector.js"), world);
  assert.deepEqual(Object.keys(world), ["octet"]);
  assert.deepEqual(Object.keys(world["octet"] as object).sort(), ["OctetError", "verify"]);
});

test("the module is imported where there is no browser, and only refuses to run", async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  const url = pathToFileURL(path.join(DIST, "octet-collector.mjs")).href;
  const octet = (await import(url)) as typeof import("../src/index");
  assert.deepEqual(Object.getOwnPropertyNames(globalThis), before);
  assert.deepEqual(Object.keys(octet).sort(), ["OctetError", "verify"]);
  await assert.rejects(octet.verify({ apiUrl: "https://shop.example/octet" }), {
    code: "unsupported",
  });
});

test("the script names no interface that prompts, stores, draws, records or reads back", () => {
  const script = read("octet-collector.js");
  const never =
    /cookie|Storage|indexedDB|caches|toDataURL|getImageData|readPixels|drawArrays|Audio|geolocation|mediaDevices|getUserMedia|permissions|RTCPeer|sendBeacon|XMLHttp|eval\(|Function\(/i;
  assert.equal(script.match(never)?.[0], undefined);
});

test("the script names no host and no path of the machine that built it", () => {
  for (const file of readdirSync(DIST)) assert.ok(!read(file).includes(process.cwd()), file);
  assert.equal(read("octet-collector.js").match(/\/\/[\w-]+\.[\w.-]+/g), null);
});

test("the types stand alone and are those of the script", () => {
  const used = `
    import { verify, OctetError, type Answer, type Config, type Mode, type Verdict } from "./octet-collector";
    const config: Config = { apiUrl: "/octet", mode: "lite" satisfies Mode, landmarks: [], timeoutMs: 1 };
    const answer: Promise<Answer> = verify(config);
    answer.then(({ verdict }) => { const shown: Verdict | undefined = verdict; return shown?.alarm; });
    export const code = (error: OctetError): string => error.code;
  `;
  assert.deepEqual(faults(used), []);
  assert.equal(faults(`import { verify } from "./octet-collector"; verify({});`).length, 1);
  assert.equal(faults(`import { abortError } from "./octet-collector"; abortError();`).length, 1);
});

/** What the compiler says to *text*, put beside the types. */
function faults(text: string): string[] {
  const entry = path.join(DIST, "entry.ts");
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    target: ts.ScriptTarget.ES2020,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === entry || fileExists(file);
  host.getSourceFile = (file, version) =>
    file === entry ? ts.createSourceFile(file, text, version) : getSourceFile(file, version);
  const program = ts.createProgram([entry], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map((fault) => ts.flattenDiagnosticMessageText(fault.messageText, " "));
}
