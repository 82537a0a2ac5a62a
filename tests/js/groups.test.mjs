import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, grouped, within } from "../../pages/map/static/groups.mjs";

/** Three communes on a line, with 1, 3 and 2 services. One degree is 100 pixels below. */
const ALL = {
  ids: ["a", "b", "c", "d", "e", "f"],
  homes: [0, 1, 1, 1, 2, 2],
  lats: [46, 46, 46, 46, 46, 46],
  lngs: [0, 0.5, 0.5, 0.6, 1.2, 1.3],
  communes: [
    ["Petite", 46, 0],
    ["Grande", 46, 0.5],
    ["Moyenne", 46, 1.2],
  ],
};
const project = ([lat, lng]) => ({ x: 100 * lng, y: 100 * lat });
const said = (states) =>
  grouped(counted(ALL, states), project).map(({ name, count, open, communes }) => [
    name,
    count,
    open,
    communes,
  ]);

test("what is drawn is counted by commune, and the open apart", () => {
  const { counts, opens } = counted(ALL, "012-0-");
  assert.deepEqual(counts, [1, 2, 1]);
  assert.deepEqual(opens, [1, 0, 1]);
});

test("a commune joins the nearest group less than 60 pixels away, the largest first", () => {
  assert.deepEqual(said("000111"), [
    ["Grande", 4, 3, [1, 0]],
    ["Moyenne", 2, 0, [2]],
  ]);
});

test("of two groups that are near, the nearer is joined", () => {
  const between = { ...ALL, communes: [["Petite", 46, 0.9], ...ALL.communes.slice(1)] };
  const groups = grouped(counted(between, "000000"), project);
  assert.deepEqual(
    groups.map(({ name, communes }) => [name, communes]),
    [
      ["Grande", [1]],
      ["Moyenne", [2, 0]],
    ],
  );
});

test("a filter does not move the groups: the order is that of the whole list", () => {
  assert.deepEqual(said("00--00"), [
    ["Grande", 2, 2, [1, 0]],
    ["Moyenne", 2, 2, [2]],
  ]);
  assert.deepEqual(said("0---00"), [
    ["Moyenne", 2, 2, [2]],
    ["Petite", 1, 1, [0]],
  ]);
});

test("whatever is drawn, every service is in one group", () => {
  let last = 1;
  const random = (most) => {
    last = (last * 48271) % 2147483647;
    return last % most;
  };
  for (let run = 0; run < 100; run += 1) {
    const communes = Array.from({ length: 40 }, (_, at) => [`C${at}`, random(500) / 100, random(500) / 100]);
    const homes = Array.from({ length: 200 }, () => random(40));
    const states = homes.map(() => "012-"[random(4)]).join("");
    const groups = grouped(counted({ homes, communes }, states), project);
    const drawn = [...states].filter((digit) => digit !== "-").length;
    assert.equal(
      groups.reduce((sum, { count }) => sum + count, 0),
      drawn,
    );
    const members = groups.flatMap((group) => group.communes);
    assert.equal(new Set(members).size, members.length);
    for (const [at, one] of groups.entries()) {
      for (const other of groups.slice(at + 1)) {
        assert.ok(Math.hypot(one.at.x - other.at.x, one.at.y - other.at.y) >= 60);
      }
    }
  }
});

test("in a box are the services drawn there, its edges with them", () => {
  const many = counted(ALL, "00-000");
  assert.deepEqual(within(many, [46, 0.5, 46, 1.2]), [1, 3, 4]);
  assert.deepEqual(within(many, [46.1, 0, 47, 2]), []);
});
