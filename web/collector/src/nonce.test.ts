import assert from "node:assert/strict";
import { test } from "node:test";
import { nonce, uuid } from "./nonce";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const OLD = { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) };

test("a nonce has the bytes asked for and is not repeated", () => {
  const drawn = Array.from({ length: 100 }, () => nonce(crypto, 12));
  assert.ok(drawn.every((one) => /^[0-9a-f]{24}$/.test(one)));
  assert.equal(new Set(drawn).size, 100);
});

test("an id is a random UUID, with and without the browser's own", () => {
  for (const source of [crypto, OLD]) assert.match(uuid(source), UUID_V4);
  const drawn = Array.from({ length: 100 }, () => uuid(OLD));
  assert.ok(drawn.every((one) => UUID_V4.test(one)));
  assert.equal(new Set(drawn).size, 100);
});
