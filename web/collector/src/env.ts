/**
 * Everything of the browser that the collector may touch, and nothing else: what is not named here,
 * no source can read. A `Window` is an `Env`; tests pass plain objects.
 *
 * Members that some browser of the last four years lacks are optional, whatever lib.dom says.
 */
export interface Env {
  readonly isSecureContext?: boolean;
  readonly location?: { readonly href: string };
  readonly Intl: {
    DateTimeFormat: DateTimeFormat;
    Locale?: new (tag: string) => LocaleLike;
    supportedValuesOf?: (key: string) => unknown;
  };
  readonly Date: DateConstructorLike;
  readonly navigator: NavigatorLike;
  readonly screen?: ScreenLike;
  readonly devicePixelRatio?: number;
  readonly document?: { createElement(name: "canvas"): CanvasLike };
  readonly WebGLRenderingContext?: unknown;
  readonly speechSynthesis?: { getVoices(): readonly VoiceLike[] };
  readonly performance: PerformanceLike;
  readonly crypto: CryptoLike;
  readonly WebSocket?: new (url: string) => Socket;
  readonly MessageChannel: new () => Ports;
  fetch(url: string, request: FetchRequest): Promise<FetchReply>;
  addEventListener(type: "pagehide", listener: () => void, phase: Phase): void;
  removeEventListener(type: "pagehide", listener: () => void, phase: Phase): void;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface Phase {
  readonly capture: boolean;
}

export interface DateTimeFormat {
  new (
    locales?: undefined,
    options?: { hour?: "numeric" },
  ): { resolvedOptions(): Partial<Intl.ResolvedDateTimeFormatOptions & { hourCycle: string }> };
  supportedLocalesOf?(tag: string): unknown;
}

export interface LocaleLike {
  maximize(): unknown;
}

export interface DateConstructorLike {
  new (): Pick<Date, "getFullYear" | "getTimezoneOffset">;
  new (year: number, month: number, day: number): Pick<Date, "getTimezoneOffset">;
  now(): number;
}

export interface NavigatorLike {
  readonly userAgent?: string;
  readonly languages?: readonly string[];
  readonly platform?: string;
  readonly hardwareConcurrency?: number;
  readonly maxTouchPoints?: number;
  readonly deviceMemory?: number;
  readonly userAgentData?: UserAgentData;
  readonly connection?: NetworkInformation;
}

export interface UserAgentData {
  readonly brands?: readonly { readonly brand: string; readonly version: string }[];
  readonly mobile?: boolean;
  readonly platform?: string;
  getHighEntropyValues?(hints: string[]): Promise<{ readonly platformVersion?: string }>;
}

export interface NetworkInformation {
  readonly effectiveType?: string;
  readonly rtt?: number;
  readonly downlink?: number;
}

export interface ScreenLike {
  readonly width?: number;
  readonly height?: number;
  readonly availWidth?: number;
  readonly availHeight?: number;
  readonly colorDepth?: number;
}

export interface CanvasLike {
  getContext(kind: "webgl"): WebglLike | null;
}

export interface WebglLike {
  readonly VENDOR: number;
  readonly RENDERER: number;
  getParameter(name: number): unknown;
  getExtension(name: string): unknown;
}

export interface VoiceLike {
  readonly lang: string;
  readonly localService: boolean;
}

export interface PerformanceLike {
  now(): number;
  getEntriesByType?(type: "navigation"): readonly object[];
}

export interface CryptoLike {
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): Uint8Array;
  randomUUID?(): string;
}

/** Both ends of a `MessageChannel`. */
export interface Ports {
  readonly port1: Pick<MessagePort, "onmessage" | "close">;
  readonly port2: Pick<MessagePort, "postMessage">;
}

export type Socket = Pick<WebSocket, "onmessage" | "onclose" | "onerror" | "send" | "close">;

export interface FetchRequest {
  readonly method: "POST";
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly credentials: "omit";
  readonly redirect: "error";
  readonly cache: "no-store";
  readonly keepalive: true;
  readonly signal?: AbortSignal;
}

export interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}
