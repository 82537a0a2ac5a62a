/* Too many services to draw each: they are grouped by commune until the reader is near. */

/** @import { SignsFile, State } from "./state.mjs" */
import { pressed } from "./messages.mjs";
import { groupIcon, showPlaces } from "./signs.mjs";

// More signs than this in view are grouped, unless the reader is this near.
const MOST_SIGNS = 1000;
const NEAR = 17;
const BETWEEN_GROUPS = 60; // pixels

/**
 * The whole list, which of its services are drawn (see `View.crowd`), and for each commune how many
 * are drawn and how many of these are open. `drawn` is where each service in view has its sign.
 * @typedef {object} Many
 * @property {SignsFile} all
 * @property {string} states
 * @property {number[]} counts
 * @property {number[]} opens
 * @property {{box: L.LatLngBounds, zoom: number} | null} drawn
 *
 * The services of one or more communes, drawn at the largest of them.
 * @typedef {object} Group
 * @property {{x: number, y: number}} at - pixels
 * @property {string} name
 * @property {number} lat
 * @property {number} lng
 * @property {number[]} communes - indexes into `SignsFile.communes`
 * @property {number} count
 * @property {number} open
 */

/**
 * Count what is drawn of each commune.
 * @param {SignsFile} all
 * @param {string} states
 * @returns {Many}
 */
export function counted(all, states) {
  const counts = all.communes.map(() => 0);
  const opens = all.communes.map(() => 0);
  for (let at = 0; at < states.length; at += 1) {
    if (states[at] === "-") continue;
    counts[all.homes[at]] += 1;
    if (states[at] === "0") opens[all.homes[at]] += 1;
  }
  return { all, states, counts, opens, drawn: null };
}

/**
 * Draw the services in view and a little around; where they are too many, groups. The keyboard
 * moves the map as it goes from sign to sign: the sign that has the focus keeps it.
 * @param {State} state
 */
export function drawMany(state) {
  const { groups, many, map, markers } = state;
  groups.clearLayers();
  if (!many) {
    showPlaces(state, []);
    return;
  }
  const view = map.getBounds();
  const zoom = map.getZoom();
  const { drawn, all, states } = many;
  if (drawn && drawn.zoom === zoom && drawn.box.contains(view)) return;
  const box = view.pad(0.5);
  const inside = within(many, [box.getSouth(), box.getWest(), box.getNorth(), box.getEast()]);
  if (inside.length > MOST_SIGNS && zoom < NEAR) {
    many.drawn = null;
    showPlaces(state, []);
    drawGroups(state, many, view);
    return;
  }
  many.drawn = { box, zoom };
  const focused = [...markers.values()].find((marker) => marker.getElement() === document.activeElement);
  showPlaces(
    state,
    inside.map((at) => [
      all.ids[at],
      all.lats[at],
      all.lngs[at],
      all.families[at],
      Number(states[at]),
      all.approximate[at],
      all.names[at],
    ]),
  );
  focused?.getElement()?.focus({ preventScroll: true });
}

/**
 * Return the indexes in the list of the services drawn in a box.
 * @param {Many} many
 * @param {[south: number, west: number, north: number, east: number]} box - degrees
 */
export function within({ all, states }, [south, west, north, east]) {
  const inside = [];
  for (let at = 0; at < states.length; at += 1) {
    const [lat, lng] = [all.lats[at], all.lngs[at]];
    if (states[at] === "-" || lat < south || lat > north || lng < west || lng > east) continue;
    inside.push(at);
  }
  return inside;
}

/**
 * @param {State} state
 * @param {Many} many
 * @param {L.LatLngBounds} view
 */
function drawGroups({ groups, map }, many, view) {
  const zoom = map.getZoom();
  for (const group of grouped(many, (place) => map.project(place, zoom))) {
    if (!view.contains([group.lat, group.lng])) continue;
    const commune = group.communes.length === 1 ? group.name : "";
    const icon = groupIcon(group.count, group.open, commune);
    L.marker([group.lat, group.lng], { icon, autoPanOnFocus: false })
      .on("click keypress", (event) => pressed(event) && enter(map, many, group))
      .addTo(groups);
  }
}

/**
 * Join each commune with the nearest one that stands for others already, if it is near enough.
 * The largest come first, whatever is drawn of them: a filter does not move the groups.
 * @param {Many} many
 * @param {(place: L.LatLngTuple) => {x: number, y: number}} project - degrees to pixels
 */
export function grouped({ all, counts, opens }, project) {
  /** @type {Group[]} */
  const found = [];
  /** @type {Map<string, Group[]>} */
  const cells = new Map();
  for (const commune of largestFirst(all)) {
    if (!counts[commune]) continue;
    const [name, lat, lng] = all.communes[commune];
    const at = project([lat, lng]);
    let group = nearest(cells, at);
    if (!group) {
      group = { at, name, lat, lng, communes: [], count: 0, open: 0 };
      found.push(group);
      const cell = cellOf(at).join();
      cells.set(cell, [...(cells.get(cell) ?? []), group]);
    }
    group.communes.push(commune);
    group.count += counts[commune];
    group.open += opens[commune];
  }
  return found;
}

/**
 * Return the nearest group that is near enough, if there is one.
 * @param {Map<string, Group[]>} cells - the groups by square of `BETWEEN_GROUPS` pixels
 * @param {{x: number, y: number}} at
 */
function nearest(cells, at) {
  const [column, row] = cellOf(at);
  const around = [-1, 0, 1].flatMap((x) =>
    [-1, 0, 1].flatMap((y) => cells.get([column + x, row + y].join()) ?? []),
  );
  /** @type {Group | undefined} */
  let found;
  let foundAway = BETWEEN_GROUPS;
  for (const group of around) {
    const away = Math.hypot(group.at.x - at.x, group.at.y - at.y);
    if (away < foundAway) [found, foundAway] = [group, away];
  }
  return found;
}

/** @param {{x: number, y: number}} at */
function cellOf({ x, y }) {
  return [Math.floor(x / BETWEEN_GROUPS), Math.floor(y / BETWEEN_GROUPS)];
}

/** @type {WeakMap<SignsFile, number[]>} */
const orders = new WeakMap();

/**
 * Return the communes of a list, those with the most services first. Each list is sorted once.
 * @param {SignsFile} all
 */
function largestFirst(all) {
  const known = orders.get(all);
  if (known) return known;
  const sizes = all.communes.map(() => 0);
  for (const commune of all.homes) sizes[commune] += 1;
  const order = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]);
  orders.set(all, order);
  return order;
}

/**
 * Look at a group's services from nearer.
 * @param {L.Map} map
 * @param {Many} many
 * @param {Group} group
 */
function enter(map, { all, states }, group) {
  const communes = new Set(group.communes);
  const box = L.latLngBounds([]);
  all.homes.forEach((commune, at) => {
    if (states[at] !== "-" && communes.has(commune)) box.extend([all.lats[at], all.lngs[at]]);
  });
  const nearer = Math.max(map.getBoundsZoom(box), map.getZoom() + 1);
  map.setView(box.getCenter(), Math.min(nearer, NEAR), { animate: false });
  map.getContainer().focus({ preventScroll: true });
}

/**
 * Come so near to one of the services that it has a sign of its own.
 * @param {State} state
 * @param {Many} many
 * @param {string} id
 */
export function approach({ map, markers }, { all, states }, id) {
  const at = all.ids.indexOf(id);
  if (at < 0 || states[at] === "-") return;
  for (const zoom of [14, NEAR]) {
    if (markers.has(id)) return;
    map.setView([all.lats[at], all.lngs[at]], Math.max(zoom, map.getZoom()), { animate: false });
  }
}
