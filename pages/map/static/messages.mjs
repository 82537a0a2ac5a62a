/* What the map sends to the page. */

/** @import { State } from "./state.mjs" */

/**
 * Say whether an event is a click, or the key that stands for one.
 * @param {L.LeafletEvent & {originalEvent?: Event}} event
 */
export function pressed({ type, originalEvent }) {
  return type === "click" || /** @type {KeyboardEvent} */ (originalEvent).key === "Enter";
}

/**
 * Send the service that the reader chose.
 * @param {State} state
 * @param {string} id
 */
export function sendService(state, id) {
  send(state, { selected: id });
}

/**
 * Send a point of the map, to about 100 m: enough for a distance, no front door.
 * @param {State} state
 * @param {{lat: number, lng: number}} place - degrees
 * @param {boolean} located - whether the reader is there
 */
export function sendPoint(state, { lat, lng }, located) {
  const wrapped = L.Util.wrapNum(lng, [-180, 180], true);
  const point = [Number(wrapped.toFixed(3)), Number(lat.toFixed(3))];
  send(state, { point, located });
}

/**
 * Messages are counted: the same one twice must reach the page twice.
 * @param {State} state
 * @param {object} message
 */
function send(state, message) {
  state.messages += 1;
  window.Streamlit.setComponentValue({ ...message, click: state.messages });
}
