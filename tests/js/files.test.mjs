import assert from "node:assert/strict";
import { test } from "node:test";
import { features, fetchFile, polygons } from "../../pages/map/static/files.mjs";

test("a ring is read step by step, and each ring begins anew", () => {
  const square = [20, 460, 10, 0, 0, 10, -10, 0];
  const hole = [22, 462, 1, 0, 0, 1];
  const { type, coordinates } = polygons([[square, hole], [hole]], 10);
  // biome-ignore format: a corner is a pair
  const corners = {
    square: [[2, 46], [3, 46], [3, 47], [2, 47]],
    hole: [[2.2, 46.2], [2.3, 46.2], [2.3, 46.3]],
  };
  assert.equal(type, "MultiPolygon");
  assert.deepEqual(coordinates, [[corners.square, corners.hole], [corners.hole]]);
});

test("a feature keeps what is known of its commune", () => {
  const properties = { code: "86078", nom: "Civray", population: 2600 };
  const [feature] = features([{ properties, rings: [] }], 10);
  assert.equal(feature.properties, properties);
  assert.deepEqual(feature.geometry, { type: "MultiPolygon", coordinates: [] });
});

test("a file is asked for once, by a name that cannot leave its folder; none is null", async () => {
  const asked = [];
  globalThis.fetch = (address) => {
    asked.push(address);
    const known = address.includes("86");
    return Promise.resolve(known ? Response.json({ scale: 1 }) : new Response("", { status: 404 }));
  };
  const state = { files: new Map(), version: "v1" };
  const [first, second] = await Promise.all(["86", "86"].map((code) => fetchFile(state, "outlines", code)));
  assert.deepEqual(first, { scale: 1 });
  assert.equal(first, second);
  assert.equal(await fetchFile(state, "outlines", "../x"), null);
  assert.deepEqual(asked, ["../../assets/outlines/86.json?v=v1", "../../assets/outlines/..%2Fx.json?v=v1"]);
  globalThis.fetch = () => Promise.reject(new TypeError("network down"));
  assert.equal(await fetchFile(state, "outlines", "99"), null);
});
