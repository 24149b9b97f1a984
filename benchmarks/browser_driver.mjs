// Drives real browsers for tests and measurements: Chromium over the DevTools pipe, Firefox over
// WebDriver BiDi.
//
//     node browser_driver.mjs '{"chromium": "/usr/bin/chromium", "firefox": "/usr/bin/firefox-esr"}'
//
// It serves `POST /visit` on a Unix socket, which is there in each network namespace, says where in its
// first line of output, and ends, with all browsers and their profiles, when its standard input ends. One browser process runs
// for each set of launch options that a visit asks for; each visit has a context of its own, which is
// what these browsers call private. `benchmarks/browsers.py` says what a visit is.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import puppeteer from "puppeteer-core";

const VISIT_MS = 60_000;
const PATHS = JSON.parse(process.argv[2] ?? "{}");
const HOME = await mkdtemp(path.join(tmpdir(), "octet-browsers-"));

const CHROMIUM_ARGS = [
  "--no-sandbox", // Chromium refuses its sandbox to root, which is what containers run as
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];
const FIREFOX_PREFS = {
  "network.dns.localDomains": "shop.test",
  "network.proxy.allow_hijacking_localhost": true,
};

/** @type {Map<string, Promise<import("puppeteer-core").Browser>>} */
const running = new Map();

/** The browser of a visit; it is started by the first that asks for it. */
function opened({ browser, args = [], prefs = {} }) {
  const key = JSON.stringify([browser, args, prefs]);
  if (!running.has(key)) running.set(key, launched(browser, args, prefs));
  return running.get(key);
}

async function launched(browser, args, prefs) {
  const options = { headless: true, acceptInsecureCerts: true, executablePath: PATHS[browser] };
  const env = { ...process.env, HOME };
  if (browser === "chromium") {
    return puppeteer.launch({ ...options, env, pipe: true, args: [...CHROMIUM_ARGS, ...args] });
  }
  const extraPrefsFirefox = { ...FIREFOX_PREFS, ...prefs };
  const firefox = await puppeteer.launch({
    ...options,
    browser: "firefox",
    args,
    extraPrefsFirefox,
    env: { ...env, MOZ_HEADLESS: "1" },
  });
  socksToo(firefox.connection);
  return firefox;
}

/** puppeteer names every proxy of a context an HTTP proxy; Firefox takes SOCKS, told as such. */
function socksToo(connection) {
  const send = connection.send.bind(connection);
  connection.send = (method, params, ...more) => {
    const socks = /^socks5:\/\/(.+)$/.exec(params?.proxy?.httpProxy ?? "")?.[1];
    if (!socks) return send(method, params, ...more);
    const proxy = { proxyType: "manual", socksProxy: socks, socksVersion: 5 };
    return send(method, { ...params, proxy }, ...more);
  };
}

async function visited(visit) {
  const browser = await opened(visit);
  const proxied = visit.proxy ? { proxyServer: visit.proxy, proxyBypassList: ["<-loopback>"] } : {};
  const shared = visit.shared === true;
  const [context, page] = await alone(browser, async () => {
    const own = shared ? browser.defaultBrowserContext() : await browser.createBrowserContext(proxied);
    return [own, await own.newPage()];
  });
  try {
    return await within(VISIT_MS, toured(page, visit));
  } finally {
    await alone(browser, () => (shared ? page : context).close().catch(() => undefined));
  }
}

/** @type {WeakMap<object, Promise<unknown>>} */
const busy = new WeakMap();

/** Windows open and close one after another: Firefox loses one that opens while another closes. */
function alone(browser, work) {
  const turn = (busy.get(browser) ?? Promise.resolve()).then(work, work);
  busy.set(browser, turn);
  return turn;
}

/** What the page's *expression* resolves to, what it asked for, and the errors that nobody caught. */
async function toured(page, visit) {
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await (visit.browser === "chromium" ? dressChromium : dressFirefox)(page, visit);
  await page.evaluateOnNewDocument(UNCAUGHT);
  if (visit.preload) await page.evaluateOnNewDocument(visit.preload);
  const tour = async () => {
    await page.goto(visit.url);
    if (visit.offline) await page.setOfflineMode(true);
    return (await page.evaluate(visit.expression)) ?? null;
  };
  const value = visit.traced ? await traced(page, tour) : await tour();
  const errors = await page.evaluate("uncaught");
  if (visit.leave_to) await page.goto(visit.leave_to);
  return { value, requests, errors };
}

/**
 * Chromium's tasks of the page's main thread, milliseconds, from the first in which the page set a mark
 * `octet…` until *work* is done, with the names of the marks that were set in each.
 */
async function traced(page, work) {
  await page.tracing.start({ categories: ["toplevel", "blink.user_timing"] });
  await work();
  const { traceEvents } = JSON.parse(Buffer.from(await page.tracing.stop()).toString());
  const marks = traceEvents.filter(({ cat, name }) => /user_timing/.test(cat) && /^octet/.test(name));
  const { pid, tid } = marks[0];
  const tasks = traceEvents.filter(
    (event) => event.name.endsWith("RunTask") && event.pid === pid && event.tid === tid && event.dur,
  );
  const since = tasks.filter(({ ts, dur }) => ts + dur >= marks[0].ts);
  return since.map(({ ts, dur, tdur = dur }) => ({
    ms: dur / 1000,
    threadMs: tdur / 1000,
    marks: marks.filter((mark) => mark.ts >= ts && mark.ts <= ts + dur).map(({ name }) => name),
  }));
}

/** In the page: what browsers log beside errors of scripts, as Firefox does, is of no interest. */
const UNCAUGHT = `{
  const uncaught = (globalThis.uncaught = []);
  addEventListener("error", ({ message }) => uncaught.push(message));
  addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason)));
}`;

async function dressChromium(page, visit) {
  const session = await page.createCDPSession();
  const { time_zone, languages, screen, touch_points, cores, slowdown } = visit;
  const tell = (method, params) => session.send(`Emulation.${method}`, params);
  if (time_zone) await tell("setTimezoneOverride", { timezoneId: time_zone });
  if (languages) await tell("setLocaleOverride", { locale: languages[0] });
  await tell("setUserAgentOverride", await windowed(page, languages));
  if (screen) await tell("setDeviceMetricsOverride", metrics(screen));
  if (touch_points) {
    await tell("setTouchEmulationEnabled", { enabled: true, maxTouchPoints: touch_points });
  }
  if (cores) await tell("setHardwareConcurrencyOverride", { hardwareConcurrency: cores });
  if (slowdown) await tell("setCPUThrottlingRate", { rate: slowdown });
}

/** What the same Chromium with a window says of itself. */
async function windowed(page, languages) {
  const browser = page.browser();
  const major = /\/(\d+)/.exec(await browser.version())[1];
  return {
    userAgent: (await browser.userAgent()).replace("Headless", ""),
    ...(languages ? { acceptLanguage: languages.join(",") } : {}),
    userAgentMetadata: {
      brands: [
        { brand: "Chromium", version: major },
        { brand: "Not_A Brand", version: "24" },
      ],
      platform: "Linux",
      platformVersion: "6.1.0",
      architecture: "x86",
      model: "",
      mobile: false,
    },
  };
}

function metrics({ width, height, pixel_ratio: deviceScaleFactor }) {
  const size = { width, height, screenWidth: width, screenHeight: height };
  return { ...size, deviceScaleFactor, mobile: false };
}

/** Touch points and cores of Firefox are preferences of the whole browser, as more than one language. */
async function dressFirefox(page, { time_zone, languages, screen, prefs }) {
  const contexts = [page.mainFrame()._id];
  const tell = (method, params) => page.browser().connection.send(method, params);
  const of = (params) => ({ contexts, ...params });
  if (time_zone) await tell("emulation.setTimezoneOverride", of({ timezone: time_zone }));
  if (languages && !prefs?.["intl.accept_languages"]) {
    await tell("emulation.setLocaleOverride", of({ locale: languages[0] }));
  }
  if (screen) {
    const { width, height, pixel_ratio: devicePixelRatio } = screen;
    await tell("emulation.setScreenSettingsOverride", of({ screenArea: { width, height } }));
    const viewport = { width, height };
    await tell("browsingContext.setViewport", { context: contexts[0], viewport, devicePixelRatio });
  }
}

async function within(limitMs, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the visit took ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function answer(request, response) {
  try {
    const outcome = await visited(await read(request));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(outcome));
  } catch (error) {
    response.writeHead(500, { "content-type": "text/plain" }).end(String(error?.stack ?? error));
  }
}

async function end() {
  const closing = [...running.values()].map(async (browser) => (await browser).close());
  await Promise.allSettled(closing);
  await rm(HOME, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
}

const socket = path.join(HOME, "driver.socket");
const server = createServer((request, response) => void answer(request, response));
server.listen(socket, () => console.log(socket));
process.stdin.on("end", end).resume();
