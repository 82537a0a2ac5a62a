/* The files of the server: fetched once, and outlines unpacked. */

/** @import { Outline, State } from "./state.mjs" */

/** Where the files are, from the map's frame in Streamlit. */
const ASSETS = "../../assets/";

/**
 * Return what a file holds, or null where it cannot be had.
 * @param {State} state
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<any>}
 */
export function fetchFile({ assets, files, version }, folder, name) {
  const address = `${assets ?? ASSETS}${folder}/${encodeURIComponent(name)}.json?v=${version}`;
  const known = files.get(address);
  if (known) return known;
  const file = fetch(address)
    .then((answer) => (answer.ok ? answer.json() : null))
    .catch(() => null);
  files.set(address, file);
  return file;
}

/**
 * Return outlines as GeoJSON features.
 * @param {Outline[]} outlines
 * @param {number} scale
 */
export function features(outlines, scale) {
  return outlines.map(({ properties, rings }) => ({
    type: /** @type {const} */ ("Feature"),
    properties,
    geometry: polygons(rings, scale),
  }));
}

/**
 * Return polygons as GeoJSON. A ring is written as steps from corner to corner, longitude then
 * latitude, `scale` of them to the degree.
 * @param {number[][][]} rings - by polygon
 * @param {number} scale
 */
export function polygons(rings, scale) {
  return {
    type: /** @type {const} */ ("MultiPolygon"),
    coordinates: rings.map((polygon) => polygon.map((steps) => corners(steps, scale))),
  };
}

/**
 * @param {number[]} steps
 * @param {number} scale
 */
function corners(steps, scale) {
  /** @type {[number, number][]} */
  const found = [];
  let [lng, lat] = [0, 0];
  for (let at = 0; at < steps.length; at += 2) {
    lng += steps[at];
    lat += steps[at + 1];
    found.push([lng / scale, lat / scale]);
  }
  return found;
}
