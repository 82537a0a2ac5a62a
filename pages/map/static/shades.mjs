/* How communes are filled, and what is said of one under the pointer. */

/** @import { Shades, State } from "./state.mjs" */
import { sheetElement } from "./popup.mjs";

const MANY_COMMUNES = 700;
const PAPER = "#ffffff";
const GROUND = "#f3efe9";

/**
 * Fill each commune as the page asks; the outlines stay.
 * @param {State} state
 */
export function shade({ communes, map, tiles, view }) {
  const shades = view?.shades ?? null;
  // Among many communes, borders would hide the shades.
  const weight = shades && communes.size > MANY_COMMUNES ? 0.2 : 0.7;
  for (const [code, layer] of communes) {
    const { hatched, words, ...fill } = fillOf(shades, code, Boolean(tiles));
    Object.assign(layer.options, { hatched, words });
    layer.setStyle({ ...fill, weight });
  }
  map.getContainer().dataset.teintes = shades ? String(Object.keys(shades.communes).length) : "";
}

/**
 * Return how a commune is filled, and the words that say why.
 * @param {Shades | null} shades
 * @param {string} code
 * @param {boolean} tiles - whether there is a map below
 */
export function fillOf(shades, code, tiles) {
  const asked = shades?.communes[code];
  if (!shades || !asked) {
    const outside = Boolean(shades?.inside.length) && !shades?.inside.includes(code);
    return {
      hatched: false,
      words: "",
      fillColor: outside ? GROUND : PAPER,
      fillOpacity: tiles ? 0 : 1,
    };
  }
  const [fill, words] = asked;
  const colour = shades.fills[fill];
  const hatched = colour === "hachures";
  return { hatched, words, fillColor: hatched ? PAPER : colour, fillOpacity: tiles ? 0.65 : 1 };
}

/**
 * Write what is said of a commune.
 * @param {L.Layer} layer
 */
export function communeElement(layer) {
  const { feature, options } = /** @type {L.Polygon} */ (layer);
  const lines = (options.words ?? "").split("\n").filter(Boolean);
  return sheetElement({ title: feature?.properties.nom, lines });
}

/**
 * Keep what is said of a commune inside a narrow map.
 * @param {L.TooltipEvent} event
 */
export function keepInside({ tooltip }) {
  const element = tooltip.getElement();
  if (!element) return;
  element.style.marginLeft = "";
  const { left, right } = element.getBoundingClientRect();
  const out = Math.max(0, right + 4 - innerWidth) || Math.min(0, left - 4);
  const margin = Number.parseFloat(getComputedStyle(element).marginLeft);
  if (out) element.style.marginLeft = `${margin - out}px`;
}
