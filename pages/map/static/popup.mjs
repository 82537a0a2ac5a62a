/* What is written in popups and tooltips. Text of the list is never read as HTML. */

/** @import { Sheet, State } from "./state.mjs" */
import { approach } from "./groups.mjs";
import { changed } from "./state.mjs";

const OPEN_AFTER_MS = 1500;

/**
 * Open the popup of the service whose sheet the page shows.
 * @param {State} state
 * @param {(Sheet & {id: string}) | null} focus
 */
export function showFocus(state, focus) {
  const { clusters, map, many, markers } = state;
  const wanted = changed(state, "focus", focus);
  if (!wanted) return;
  map.closePopup();
  if (!focus) return;
  if (many) approach(state, many, focus.id);
  const marker = markers.get(focus.id);
  if (!marker) return;
  const options = { maxWidth: 260, autoPanPadding: L.point(20, 20) };
  marker.unbindPopup().bindPopup(sheetElement(focus), options);
  clusters.zoomToShowLayer(marker, () => {
    if (state.drawn.focus === wanted) marker.openPopup();
  });
  // A group on the move may never bring its sign out: then the popup opens at the place itself.
  setTimeout(() => {
    if (state.drawn.focus !== wanted || map._popup?.isOpen()) return;
    map.openPopup(sheetElement(focus), marker.getLatLng(), options);
  }, OPEN_AFTER_MS);
}

/** @param {Sheet} sheet */
export function sheetElement({ title, lines, phone }) {
  const box = document.createElement("div");
  box.className = "fiche-carte";
  const heading = document.createElement("strong");
  heading.textContent = title;
  box.append(heading);
  for (const line of lines) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    box.append(paragraph);
  }
  if (phone) {
    const link = document.createElement("a");
    link.href = phoneLink(phone);
    link.textContent = phone;
    box.append(link);
  }
  return box;
}

/**
 * Return the link that calls a number. 114 is for those who cannot speak: it gets a message.
 * @param {string} phone
 */
export function phoneLink(phone) {
  const number = phone.replace(/[^0-9+]/g, "");
  return `${number === "114" ? "sms" : "tel"}:${number}`;
}
