/* From where distances are counted, and how the reader gives it. */

/** @import { State, View } from "./state.mjs" */
import { sendPoint } from "./messages.mjs";
import { changed } from "./state.mjs";

const REFUSED = "Position refusée ou inconnue : choisir la commune.";

/**
 * Draw the place that distances are counted from.
 * @param {State} state
 * @param {View["origin"]} place
 */
export function showOrigin(state, place) {
  const { dataset } = state.map.getContainer();
  if (!changed(state, "origin", place)) return;
  state.origin.clearLayers();
  dataset.depart = "";
  if (!place) return;
  const [lng, lat, name] = place;
  const icon = L.divIcon({ className: "depart-carte", iconSize: [40, 40] });
  const under = { keyboard: false, interactive: false, zIndexOffset: -900 };
  L.marker([lat, lng], { icon, alt: name, ...under }).addTo(state.origin);
  dataset.depart = name;
}

/**
 * Offer to send the reader's own position: only this button asks for it, and nothing keeps it.
 * @param {State} state
 * @param {boolean} wanted
 */
export function offerPosition(state, wanted) {
  if (!wanted) {
    state.positionButton?.remove();
    state.positionButton = null;
  } else if (!state.positionButton) {
    state.positionButton = new L.Control({ position: "topright" });
    state.positionButton.onAdd = () => positionBox(state);
    state.positionButton.addTo(state.map);
  }
}

/** @param {State} state */
function positionBox(state) {
  const box = document.createElement("div");
  box.className = "position-carte";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Ma position";
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  const refuse = () => {
    status.textContent = REFUSED;
  };
  button.addEventListener("click", () => {
    if (!navigator.geolocation) {
      refuse();
      return;
    }
    status.textContent = "Recherche…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        status.textContent = "";
        sendPoint(state, { lat: coords.latitude, lng: coords.longitude }, true);
      },
      refuse,
      { timeout: 10000 },
    );
  });
  L.DomEvent.disableClickPropagation(box);
  box.append(button, status);
  return box;
}
