import assert from "node:assert/strict";
import { test } from "node:test";
import { pressed } from "../../pages/map/static/messages.mjs";
import { nameable } from "../../pages/map/static/outlines.mjs";
import { phoneLink } from "../../pages/map/static/popup.mjs";
import { fillOf } from "../../pages/map/static/shades.mjs";
import { groupLabel, groupSize } from "../../pages/map/static/signs.mjs";
import { changed } from "../../pages/map/static/state.mjs";
import { townHallSheet } from "../../pages/map/static/town_halls.mjs";

test("what is drawn already is not drawn again", () => {
  const state = { drawn: { focus: "null" } };
  assert.equal(changed(state, "focus", null), "");
  assert.equal(changed(state, "focus", { id: "a" }), '{"id":"a"}');
  assert.equal(changed(state, "focus", { id: "a" }), "");
  assert.equal(changed(state, "origin", null), "null");
});

test("a click and Enter press, another key does not", () => {
  assert.ok(pressed({ type: "click" }));
  assert.ok(pressed({ type: "keypress", originalEvent: { key: "Enter" } }));
  assert.ok(!pressed({ type: "keypress", originalEvent: { key: "a" } }));
});

test("a number is called, 114 is written to", () => {
  assert.equal(phoneLink("05 49 00 00 01"), "tel:0549000001");
  assert.equal(phoneLink("+33 5 49 00 00 01"), "tel:+33549000001");
  assert.equal(phoneLink("114"), "sms:114");
  assert.equal(phoneLink("javascript:alert(1)"), "tel:1");
});

test("a group says what it holds, and grows with it", () => {
  assert.equal(groupLabel(1234, 12, ""), "1\u202f234 lieux, 12 ouverts : agrandir");
  assert.equal(groupLabel(3, 0, "Civray"), "Civray : 3 lieux, 0 ouverts : agrandir");
  const counts = [2, 9, 10, 99, 100, 999, 1000, 9999, 10000, 200000];
  assert.deepEqual(counts.map(groupSize), [32, 32, 38, 38, 46, 46, 54, 54, 62, 62]);
});

test("a town hall says that it is not a specialised service, and where it is only roughly known", () => {
  const hall = ["Civray", 0.29, 46.15, "05 49 00 00 01", "Du lundi au vendredi"];
  const { title, lines, phone } = townHallSheet([...hall, 0]);
  assert.equal(title, "Mairie : Civray");
  assert.equal(phone, "05 49 00 00 01");
  assert.match(lines[0], /pas un service spécialisé/);
  assert.equal(lines[1], "Du lundi au vendredi");
  assert.ok(!lines.includes("Emplacement approximatif."));
  assert.ok(townHallSheet([...hall, 1]).lines.includes("Emplacement approximatif."));
});

const SHADES = {
  fills: ["#aa0000", "hachures"],
  communes: { "01": [0, "Loin"], "02": [1, "Inconnu"] },
  inside: [],
};
const PART = { ...SHADES, inside: ["01", "04"] };
for (const [name, shades, code, tiles, expected] of [
  ["a shade", SHADES, "01", false, [false, "Loin", "#aa0000", 1]],
  ["a shade over the Plan IGN", SHADES, "01", true, [false, "Loin", "#aa0000", 0.65]],
  ["hatched, never a colour of the scale", SHADES, "02", false, [true, "Inconnu", "#ffffff", 1]],
  ["a commune that the page says nothing of", SHADES, "03", false, [false, "", "#ffffff", 1]],
  ["a commune that is not looked at", PART, "03", false, [false, "", "#f3efe9", 1]],
  ["one that is looked at, without a fill", PART, "04", false, [false, "", "#ffffff", 1]],
  ["no shades", null, "01", false, [false, "", "#ffffff", 1]],
  ["no shades over the Plan IGN", null, "01", true, [false, "", "#ffffff", 0]],
]) {
  test(`how a commune is filled: ${name}`, () => {
    const { hatched, words, fillColor, fillOpacity } = fillOf(shades, code, tiles);
    assert.deepEqual([hatched, words, fillColor, fillOpacity], expected);
  });
}

const town = (nom, population, lng) => ({ properties: { nom, population, mairie: [lng, 46] } });
const pixels = ([lat, lng]) => ({ x: 1000 * lng, y: 100 * lat });
const names = (named, smallest, project, signs = []) =>
  nameable(named, smallest, project, signs).map(({ nom }) => nom);

test("the name of a smaller commune does not cover that of a larger one", () => {
  assert.deepEqual(names([town("Poitiers", 90000, 0), town("Buxerolles", 10000, 0.01)], 0, pixels), [
    "Poitiers",
  ]);
  assert.deepEqual(names([town("Poitiers", 90000, 0), town("Loudun", 7000, 0.2)], 0, pixels), [
    "Poitiers",
    "Loudun",
  ]);
});

test("names are written at the town hall, in view, from the smallest population on, 28 at most", () => {
  const towns = Array.from({ length: 60 }, (_, at) => town("Bourg", 1000 - at, at));
  assert.equal(names(towns, 0, pixels).length, 28);
  assert.equal(names(towns, 995, pixels).length, 6);
  const inView = (place) => (place[1] > 1 ? pixels(place) : null);
  const [first] = nameable(towns, 0, inView, []);
  assert.deepEqual(first, { nom: "Bourg", mairie: [46, 2], right: 0, down: 6 });
});

test("a name gives way to the signs: it goes lower, above, beside, or away", () => {
  const at = (...signs) => {
    const [name] = nameable([town("Poitiers", 90000, 0)], 0, () => ({ x: 100, y: 100 }), signs);
    return name && [Math.sign(name.right), name.down];
  };
  const around = [80, 50, 120, 150];
  assert.deepEqual(at(), [0, 6]);
  assert.deepEqual(at([85, 85, 115, 115]), [0, 20]);
  assert.deepEqual(at([85, 85, 115, 125]), [0, -38]);
  assert.deepEqual(at(around), [1, -9]);
  assert.deepEqual(at(around, [130, 80, 160, 120]), [-1, -9]);
  assert.equal(at(around, [130, 80, 160, 120], [40, 80, 70, 120]), undefined);
  assert.deepEqual(at([300, 50, 330, 150]), [0, 6]);
});
