/* The outlines of France, départements and communes, and the communes' names. */

/** @import { DepartementFile, FranceFile, Outline, State, View } from "./state.mjs" */
import { features, fetchFile, polygons } from "./files.mjs";
import { communeElement, shade } from "./shades.mjs";
import { changed } from "./state.mjs";

const INK = "#4a2467";
const MOST_NAMES = 28;
// Where a name stands from its town hall: pixels, the first choice first. `side`: right or left.
const PLACES = [
  { side: 0, down: 6 },
  { side: 0, down: 20 },
  { side: 0, down: -38 },
  { side: 1, down: -9 },
  { side: -1, down: -9 },
];
const BESIDE = 24;
// Of more départements than this, the communes are drawn from this zoom on.
const MOST_DEPARTEMENTS = 12;
const COMMUNES_FROM = 10;
/**
 * From this many inhabitants a commune is named, by zoom; below all of them are.
 * @type {{[zoom: number]: number}}
 */
const NAMED_FROM = { 5: 90000, 6: 50000, 7: 20000, 8: 4000, 9: 1500, 10: 500 };

/**
 * Draw the outlines of a territory, unless they are there already. A map that shows nothing yet has
 * its départements while their communes come.
 * @param {State} state
 * @param {View} view
 */
export async function showTerritory(state, { territory, shades }) {
  const wanted = changed(state, "territory", [territory, Boolean(state.tiles), Boolean(shades)]);
  if (!wanted) return;
  const vast = territory.length > MOST_DEPARTEMENTS && !shades;
  const coming = Promise.all((vast ? [] : territory).map((code) => fetchFile(state, "outlines", code)));
  /** @type {FranceFile | null} */
  const france = await fetchFile(state, "outlines", "france");
  if (state.drawn.territory !== wanted) return;
  if (france && !state.outlines.getLayers().length) drawFrance(state, france, territory);
  /** @type {(DepartementFile | null)[]} */
  const departements = await coming;
  if (state.drawn.territory !== wanted) return;
  state.outlines.clearLayers();
  state.communes.clear();
  state.distant.clear();
  state.named = [];
  if (france) drawFrance(state, france, vast ? territory : []);
  for (const departement of departements) drawDepartement(state, departement);
  shade(state);
  drawNames(state);
  state.map.getContainer().dataset.territoire = territory.join(" ");
  drawNear(state);
}

/**
 * @param {State} state
 * @param {FranceFile} france
 * @param {string[]} distant - départements whose communes are drawn when the reader is near
 */
function drawFrance(state, france, distant) {
  L.geoJSON(features(france.features, france.scale), {
    ...style(state, "#b9b2ab", 0.8, "#f3efe9"),
    onEachFeature: ({ properties }, /** @type {L.Polygon} */ layer) => {
      if (!distant.includes(properties.code)) return;
      layer.setStyle({ color: INK, fillColor: "#ffffff" });
      state.distant.set(properties.code, layer.getBounds());
    },
  }).addTo(state.outlines);
}

/**
 * @param {State} state
 * @param {DepartementFile | null} departement
 */
function drawDepartement(state, departement) {
  if (!departement) return;
  const { scale, contour, communes } = departement;
  L.geoJSON(features(communes.features, scale), {
    ...style(state, "#cbbfd4", 0.7, "#ffffff"),
    interactive: Boolean(state.view?.shades),
    onEachFeature: ({ properties }, /** @type {L.Polygon} */ layer) => {
      state.communes.set(properties.code, layer);
    },
  })
    .bindTooltip(communeElement, { sticky: true })
    .addTo(state.outlines);
  L.geoJSON(polygons(contour, scale), style(state, INK, 1.6)).addTo(state.outlines);
  state.named = [...state.named, ...communes.features.filter((each) => each.properties.mairie)].sort(
    (a, b) => b.properties.population - a.properties.population,
  );
}

/**
 * @param {State} state
 * @param {string} color
 * @param {number} weight - pixels
 * @param {string} [fillColor]
 */
function style(state, color, weight, fillColor) {
  const fill = Boolean(fillColor);
  return {
    interactive: false,
    renderer: state.canvas,
    style: { color, weight, fill, fillColor, fillOpacity: state.tiles ? 0 : 1 },
  };
}

/**
 * Of a vast territory, draw the communes of the départements in view once the reader is near.
 * @param {State} state
 */
export async function drawNear(state) {
  const { distant, drawn, map } = state;
  if (map.getZoom() < COMMUNES_FROM) return;
  const view = map.getBounds();
  const wanted = drawn.territory;
  const codes = [...distant].filter(([, box]) => view.intersects(box)).map(([code]) => code);
  for (const code of codes) distant.delete(code);
  const files = await Promise.all(codes.map((code) => fetchFile(state, "outlines", code)));
  if (wanted !== drawn.territory || !codes.length) return;
  for (const departement of files) drawDepartement(state, departement);
  drawNames(state);
}

/**
 * Write the names of the largest communes in view, beside the signs.
 * @param {State} state
 */
export function drawNames({ map, named, names, tiles }) {
  names.clearLayers();
  if (tiles) return;
  const view = map.getBounds();
  const smallest = NAMED_FROM[Math.floor(map.getZoom())] ?? 0;
  const project = (/** @type {L.LatLngTuple} */ place) =>
    view.contains(place) ? map.latLngToContainerPoint(place) : null;
  for (const { nom, mairie, right, down } of nameable(
    named,
    smallest,
    project,
    signBoxes(map.getContainer()),
  )) {
    const label = document.createElement("span");
    label.textContent = nom;
    label.style.top = `${down}px`;
    label.style.left = `${right}px`;
    L.marker(mairie, {
      icon: L.divIcon({ html: label, className: "nom-carte", iconSize: [0, 0] }),
      interactive: false,
      keyboard: false,
      pane: "shadowPane",
    }).addTo(names);
  }
}

/** @typedef {[left: number, top: number, right: number, bottom: number]} Box - pixels */

/**
 * Return where the signs are on the map.
 * @param {HTMLElement} container
 * @returns {Box[]}
 */
function signBoxes(container) {
  const { left, top } = container.getBoundingClientRect();
  return [...container.querySelectorAll(".signe-carte, .groupe-carte, .depart-carte")].map((sign) => {
    const box = sign.getBoundingClientRect();
    return [box.left - left, box.top - top, box.right - left, box.bottom - top];
  });
}

/**
 * Choose communes whose names cover neither one another nor a sign.
 * @param {Outline[]} named - the largest first
 * @param {number} smallest - inhabitants
 * @param {(place: L.LatLngTuple) => {x: number, y: number} | null} project - degrees to pixels;
 *   null out of view
 * @param {Box[]} signs
 */
export function nameable(named, smallest, project, signs) {
  /** @type {{nom: string, mairie: L.LatLngTuple, right: number, down: number}[]} */
  const chosen = [];
  /** @type {Box[]} */
  const taken = [];
  for (const { properties } of named) {
    const { mairie, nom, population } = properties;
    if (chosen.length >= MOST_NAMES || population < smallest) break;
    if (!mairie) continue;
    const place = /** @type {L.LatLngTuple} */ ([mairie[1], mairie[0]]);
    const point = project(place);
    if (!point) continue;
    const half = 3.4 * nom.length + 6;
    const boxAt = (/** @type {{side: number, down: number}} */ { side, down }) => {
      const [x, y] = [point.x + side * (half + BESIDE), point.y + down];
      return /** @type {Box} */ ([x - half, y, x + half, y + 18]);
    };
    const free = PLACES.find((each) => !covers(boxAt(each), signs));
    if (!free || covers(boxAt(free), taken)) continue;
    taken.push(boxAt(free));
    chosen.push({ nom, mairie: place, right: free.side * (half + BESIDE), down: free.down });
  }
  return chosen;
}

/**
 * @param {Box} box
 * @param {Box[]} others
 */
function covers(box, others) {
  return others.some(
    (other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3],
  );
}
