import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, complete, count, known, rounded, text, texts } from "./fact";

const NONE = [undefined, null, NaN, Infinity, -1, "", "x", {}, [], true];

test("a text is a string with something in it", () => {
  assert.equal(text("a"), "a");
  for (const value of ["", 1, null, undefined, {}]) assert.equal(text(value), undefined);
});

test("an amount is a finite number from zero up, or one written as a string", () => {
  for (const value of [0, 0.5, "0.5", 8]) assert.equal(amount(value), Number(value));
  for (const value of NONE) assert.equal(amount(value), undefined);
});

test("a count is a whole amount", () => {
  for (const value of [0, 8, "8"]) assert.equal(count(value), Number(value));
  for (const value of [...NONE, 0.5, 2 ** 53]) assert.equal(count(value), undefined);
});

test("texts are the strings of a list in their order", () => {
  assert.deepEqual(texts(["b", "", 1, null, "a"]), ["b", "a"]);
  for (const value of NONE) assert.deepEqual(texts(value), []);
});

test("known members are those that are not undefined", () => {
  assert.deepEqual(known({ a: 0, b: undefined, c: false }), { a: 0, c: false });
});

test("members are complete or there are none", () => {
  assert.deepEqual(complete({ a: 0, b: "" }), { a: 0, b: "" });
  assert.equal(complete({ a: 0, b: undefined }), undefined);
});

test("durations are rounded to hundredths and never negative", () => {
  assert.deepEqual([rounded(1.23456), rounded(-0.1), rounded(3)], [1.23, 0, 3]);
});
