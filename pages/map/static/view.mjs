/* What part of the map is in view: what the page asks for, until the reader moves the map. */

/** @import { State, View } from "./state.mjs" */
import { changed } from "./state.mjs";

const CLOSEST = 13;

/**
 * Show these bounds, and keep them in view until the reader moves the map.
 * @param {State} state
 * @param {L.LatLngBoundsExpression} bounds
 */
function fit(state, bounds) {
  state.map.fitBounds(bounds, { animate: false, padding: [8, 8], maxZoom: CLOSEST });
  state.fitted = bounds;
}

/**
 * Follow the page to other bounds. Where the reader has moved the map, only if they are out of view.
 * @param {State} state
 * @param {View["bounds"]} bounds
 */
export function follow(state, bounds) {
  const first = !state.drawn.bounds;
  if (!changed(state, "bounds", bounds)) return;
  if (first || state.fitted || !state.map.getBounds().intersects(bounds)) fit(state, bounds);
}

/**
 * Keep the bounds that the page asked for in view until the reader moves the map.
 * @param {State} state
 */
export function keepFitted(state) {
  const container = state.map.getContainer();
  new ResizeObserver(() => {
    state.map.invalidateSize({ animate: false });
    if (state.fitted) fit(state, state.fitted);
  }).observe(container);
  const release = () => {
    state.fitted = null;
    state.before = null;
  };
  for (const touch of ["pointerdown", "wheel", "keydown"]) {
    container.addEventListener(touch, release, { capture: true, passive: true });
  }
}

/**
 * Remember what is in view before a sheet is opened.
 * @param {State} state
 */
export function remember(state) {
  const { fitted, map } = state;
  state.before ??= { center: map.getCenter(), zoom: map.getZoom(), fitted };
  state.fitted = null;
}

/**
 * Show what was in view before the sheet, if the reader has not moved the map since.
 * @param {State} state
 */
export function goBack(state) {
  const { before, map } = state;
  state.before = null;
  if (before?.fitted) fit(state, before.fitted);
  else if (before) map.setView(before.center, before.zoom, { animate: false });
}
