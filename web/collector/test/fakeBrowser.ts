import type { Env, Ports, WebglLike } from "../src/env";
import { FakeEdge } from "./fakeEdge";
import { VirtualTime } from "./virtualTime";

/** The environment, and the hands on it. */
export interface FakeBrowser {
  readonly env: Env;
  readonly time: VirtualTime;
  readonly edge: FakeEdge;
  /** What is heard of the page: `pagehide`. */
  readonly page: EventTarget;
}

/** A Chromium in Berlin, with every interface that the collector knows, on virtual time. */
export function fakeBrowser(changes: Partial<Env> = {}): FakeBrowser {
  const time = new VirtualTime();
  const edge = new FakeEdge(time);
  const page = new EventTarget();
  const env: Env = {
    isSecureContext: true,
    location: { href: "https://shop.example/pay" },
    Intl: { DateTimeFormat: fakeFormat(RESOLVED) },
    Date: fakeDate(60, 120),
    navigator: NAVIGATOR,
    screen: { width: 1920, height: 1080, availWidth: 1920, availHeight: 1053, colorDepth: 24 },
    devicePixelRatio: 1.25,
    document: { createElement: () => ({ getContext: () => fakeWebgl() }) },
    WebGLRenderingContext: class {},
    speechSynthesis: { getVoices: () => [{ lang: "de-DE", localService: true }] },
    performance: { ...time.performance, getEntriesByType: () => [LOAD] },
    crypto,
    MessageChannel: fakeMessageChannel(time),
    WebSocket: edge.WebSocket,
    fetch: edge.fetch,
    setTimeout: time.setTimeout,
    clearTimeout: time.clearTimeout,
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
    ...changes,
  };
  return { env, time, edge, page };
}

const RESOLVED = {
  timeZone: "Europe/Berlin",
  locale: "de-DE",
  calendar: "gregory",
  numberingSystem: "latn",
  hourCycle: "h23",
};

const NAVIGATOR: Env["navigator"] = {
  userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
  languages: ["de-DE", "de"],
  platform: "Linux x86_64",
  hardwareConcurrency: 8,
  deviceMemory: 8,
  maxTouchPoints: 0,
  userAgentData: {
    brands: [{ brand: "Chromium", version: "156" }],
    mobile: false,
    platform: "Linux",
    getHighEntropyValues: () => Promise.resolve({ platformVersion: "6.1.0" }),
  },
  connection: { effectiveType: "4g", rtt: 50, downlink: 10 },
};

export const LOAD = {
  connectStart: 10,
  secureConnectionStart: 30,
  connectEnd: 60,
  requestStart: 61,
  responseStart: 101,
  transferSize: 3000,
  nextHopProtocol: "h2",
};

/** A message comes in the next task. */
function fakeMessageChannel(time: VirtualTime): Env["MessageChannel"] {
  return class {
    readonly port1: Ports["port1"] = { onmessage: null, close: () => undefined };
    readonly port2 = {
      postMessage: (): void => {
        time.setTimeout(() => (this.port1.onmessage as (() => void) | null)?.(), 0);
      },
    };
  };
}

/** `Intl.DateTimeFormat` that resolves to *options*. */
export function fakeFormat(options: Partial<typeof RESOLVED>): Env["Intl"]["DateTimeFormat"] {
  return class {
    resolvedOptions(): Partial<typeof RESOLVED> {
      return options;
    }
  };
}

/** `Date` on 1 February 2026 in a zone that lies these minutes east of UTC in winter and in summer. */
export function fakeDate(winterMin: number, summerMin: number): Env["Date"] {
  const now = Date.UTC(2026, 1, 1);
  return class extends Date {
    constructor(...parts: [] | [number, number, number]) {
      super(parts.length === 0 ? now : Date.UTC(...parts));
    }
    override getTimezoneOffset(): number {
      const month = this.getUTCMonth();
      return -(month > 2 && month < 9 ? summerMin : winterMin);
    }
    static override now(): number {
      return now;
    }
  };
}

/** Chromium's WebGL: the names are masked unless asked by the extension. */
export function fakeWebgl(changes: Partial<WebglLike> = {}): WebglLike {
  const names = new Map([
    [1, "WebKit"],
    [2, "WebKit WebGL"],
    [3, "Google Inc. (Intel)"],
    [4, "ANGLE (Intel, Mesa Intel(R) UHD Graphics 620, OpenGL 4.6)"],
  ]);
  return {
    VENDOR: 1,
    RENDERER: 2,
    getParameter: (name) => names.get(name),
    getExtension: (name) =>
      name === "WEBGL_debug_renderer_info"
        ? { UNMASKED_VENDOR_WEBGL: 3, UNMASKED_RENDERER_WEBGL: 4 }
        : { loseContext: () => undefined },
    ...changes,
  };
}
