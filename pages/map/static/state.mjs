/* What the page sends, what its files hold, and the one state of the map. */

import { newCanvas } from "./hatching.mjs";
import { newClusters } from "./signs.mjs";

/**
 * A service with a sign. `sign` and `state` are indexes into `Settings.icons` and `STATES`;
 * `approximate` is 0 or 1.
 * @typedef {[id: string, lat: number, lng: number, sign: number, state: number, approximate: number, name: string]} Place
 *
 * What a popup says.
 * @typedef {{title: string, lines: string[], phone?: string}} Sheet
 *
 * How communes are filled: `fills` are colours or "hachures"; `communes` has, by code, an
 * index into `fills` and what is said of the commune, in lines. `inside`: the codes of the
 * communes that are looked at, none for all; the others are as the ground.
 * @typedef {{fills: string[], communes: {[code: string]: [fill: number, words: string]}, inside: string[]}} Shades
 *
 * What is drawn over the communes: rings with their radius in pixels, or shapes with a `nom`.
 * @typedef {{rings: [lat: number, lng: number, radius: number][], shapes: any}} Context
 *
 * What the page asks the map to show.
 * @typedef {object} View
 * @property {string[]} territory - codes of départements
 * @property {[L.LatLngTuple, L.LatLngTuple]} bounds - two corners, latitude and longitude in degrees
 * @property {Place[]} places - the services drawn, if they are not too many
 * @property {{file: string, states: string} | null} crowd - if they are: the file `SignsFile` that
 *   holds the list, and for each of its services an index into `STATES`, or "-" where it is not
 *   drawn
 * @property {(Sheet & {id: string}) | null} focus - the service whose popup is open
 * @property {boolean} tiles - whether the Plan IGN is drawn below
 * @property {boolean} townHalls
 * @property {string[][]} routes - the ids of the stops of each tour
 * @property {[lng: number, lat: number, name: string] | null} origin - where distances are counted from
 * @property {false | "carte" | "position"} pick - whether a click on the map, or the reader's own
 *   position too, is sent to the page
 * @property {Shades | null} shades
 * @property {Context | null} context
 *
 * `icons`: an SVG by sign, state and `approximate`. `version` names the state of the files, which are
 * in the folder `assets`.
 * @typedef {{version: string, icons: string[][][], assets?: string}} Settings
 *
 * The whole list, a column each; `homes` are indexes into `communes`.
 * @typedef {object} SignsFile
 * @property {string[]} ids
 * @property {string[]} names
 * @property {number[]} lats
 * @property {number[]} lngs
 * @property {number[]} families
 * @property {number[]} approximate
 * @property {number[]} homes
 * @property {[name: string, lat: number, lng: number][]} communes
 *
 * The outline of a commune, or of a département of France.
 * @typedef {object} Outline
 * @property {{code: string, nom: string, population: number, mairie?: [lng: number, lat: number]}} properties
 * @property {number[][][]} rings - see `polygons` in files.mjs
 *
 * @typedef {{scale: number, features: Outline[]}} FranceFile
 * @typedef {{scale: number, contour: number[][][], communes: {features: Outline[]}}} DepartementFile
 * @typedef {[name: string, lng: number, lat: number, phone: string, hours: string, approximate: number]} TownHall
 *
 * @typedef {ReturnType<typeof newState>} State
 */

/** @param {string} html */
function icon(html) {
  return L.divIcon({ html, className: "signe-carte", iconSize: [30, 30], popupAnchor: [0, -10] });
}

/**
 * @param {L.Map} map
 * @param {Settings} settings
 */
export function newState(map, settings) {
  const layer = () => L.layerGroup().addTo(map);
  return {
    map,
    version: settings.version,
    assets: settings.assets,
    icons: settings.icons.map((byState) => byState.map((byPlace) => byPlace.map(icon))),
    canvas: newCanvas(),
    outlines: layer(),
    names: layer(),
    routes: layer(),
    townHalls: layer(),
    context: layer(),
    origin: layer(),
    groups: layer(),
    clusters: newClusters().addTo(map),
    /** What the page asked for last. @type {View | null} */
    view: null,
    /** Whether our style sheet is there. */
    styled: false,
    /** Whether the map moves to what the page asks for. */
    following: false,
    /** What was drawn last, as JSON. See `changed`. @type {{[name: string]: string}} */
    drawn: { focus: "null", origin: "null", townHalls: "[]", context: "null" },
    /** The bounds to keep in view until the reader moves the map. @type {L.LatLngBoundsExpression | null} */
    fitted: null,
    /** What was in view before a sheet was opened, until the reader moves the map.
     * @type {{center: L.LatLng, zoom: number, fitted: L.LatLngBoundsExpression | null} | null} */
    before: null,
    /** @type {L.TileLayer | null} */
    tiles: null,
    /** @type {L.Control | null} */
    warning: null,
    /** @type {L.Control | null} */
    positionButton: null,
    /** @type {import("./groups.mjs").Many | null} */
    many: null,
    /** By id. @type {Map<string, L.Marker>} */
    markers: new Map(),
    /** By code. @type {Map<string, L.Polygon>} */
    communes: new Map(),
    /** Départements whose communes are drawn when the reader is near. @type {Map<string, L.LatLngBounds>} */
    distant: new Map(),
    /** The communes that can be named, the largest first. @type {Outline[]} */
    named: [],
    /** How many messages the page was sent. */
    messages: 0,
    /** By address. @type {Map<string, Promise<any>>} */
    files: new Map(),
  };
}

/**
 * Remember `value` as what is drawn under `name`. Return it as JSON, or "" if it was drawn already.
 * @param {State} state
 * @param {string} name
 * @param {unknown} value
 */
export function changed(state, name, value) {
  const written = JSON.stringify(value);
  if (state.drawn[name] === written) return "";
  state.drawn[name] = written;
  return written;
}
