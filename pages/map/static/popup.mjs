/* What is written in popups and tooltips. Text of the list is never read as HTML. */

/** @import { Sheet, State } from "./state.mjs" */
import { approach } from "./groups.mjs";
import { changed } from "./state.mjs";
import { goBack, remember } from "./view.mjs";

/** An open sheet is looked at from this zoom at least. */
const SHEET_FROM = 12;

/**
 * Open the popup of the service whose sheet the page shows.
 * @param {State} state
 * @param {(Sheet & {id: string}) | null} focus
 */
export function showFocus(state, focus) {
  const { clusters, map, many, markers } = state;
  if (!changed(state, "focus", focus)) return;
  map.closePopup();
  if (!focus) {
    goBack(state);
    return;
  }
  remember(state);
  if (many) approach(state, many, focus.id);
  const place = markers.get(focus.id)?.getLatLng();
  if (!place) return;
  if (map.getZoom() < SHEET_FROM || !map.getBounds().contains(place)) {
    map.setView(place, Math.max(SHEET_FROM, map.getZoom()), { animate: false });
  }
  const marker = /** @type {L.Marker} */ (markers.get(focus.id));
  const group = clusters.getVisibleParent(marker);
  if (group instanceof L.MarkerCluster) group.spiderfy();
  marker
    .unbindPopup()
    .bindPopup(sheetElement(focus), {
      maxWidth: 260,
      maxHeight: Math.max(120, map.getSize().y - 90),
      autoPanPadding: L.point(20, 20),
    })
    .openPopup();
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
