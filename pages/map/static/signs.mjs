/* The signs of the services, the groups that Leaflet.markercluster makes of them, and tours. */

/** @import { Place, State } from "./state.mjs" */
import { pressed, sendService } from "./messages.mjs";

const STATES = ["ouvert", "fermé", "horaires inconnus"];
const INK = "#4a2467";
const ROUTE = "#C04F00";

/** Return the layer that holds the signs. */
export function newClusters() {
  return L.markerClusterGroup({
    animate: false,
    chunkedLoading: false,
    showCoverageOnHover: false,
    spiderLegPolylineOptions: { weight: 1, color: INK },
    iconCreateFunction(cluster) {
      const all = cluster.getAllChildMarkers();
      return groupIcon(all.length, all.filter((marker) => marker.options.state === 0).length);
    },
  });
}

/**
 * Send the service whose sign is pressed; a group that is pressed opens.
 * @param {State} state
 */
export function sendPressed(state) {
  const { clusters } = state;
  clusters.on("click keypress", (event) => {
    if (pressed(event)) sendService(state, event.layer.options.service);
  });
  clusters.on("clusterkeypress", (event) => {
    const { layer, originalEvent } = event;
    if (pressed(event)) clusters.fire("click", { layer, originalEvent });
  });
}

/**
 * Draw the sign of each of these services, and no other. What is drawn already stays.
 * @param {State} state
 * @param {Place[]} places
 */
export function showPlaces({ clusters, icons, markers }, places) {
  /** @type {Set<string>} */
  const kept = new Set();
  const shown = places.map(([id, lat, lng, sign, state, approximate, name]) => {
    kept.add(id);
    const icon = icons[sign][state][approximate];
    const title = `${name} (${STATES[state]})`;
    const known = markers.get(id);
    if (known && known.options.title === title && known.getLatLng().equals([lat, lng])) {
      if (known.options.icon !== icon) known.setIcon(icon);
      return known;
    }
    const marker = L.marker([lat, lng], { icon, title, alt: title, service: id, state });
    markers.set(id, marker);
    return marker;
  });
  for (const id of markers.keys()) if (!kept.has(id)) markers.delete(id);
  const before = clusters.getLayers();
  if (before.length === shown.length && shown.every((marker) => clusters.hasLayer(marker))) return;
  clusters.clearLayers();
  clusters.addLayers(shown);
}

/**
 * Link the stops of each tour, in their order.
 * @param {State} state
 * @param {string[][]} wanted - ids
 */
export function showRoutes({ routes, markers }, wanted) {
  routes.clearLayers();
  for (const ids of wanted) {
    const stops = ids.flatMap((id) => markers.get(id)?.getLatLng() ?? []);
    L.polyline(stops, {
      color: ROUTE,
      weight: 1.5,
      dashArray: "2 6",
      interactive: false,
      pane: "tournees",
      smoothFactor: 0,
    }).addTo(routes);
  }
}

/**
 * @param {number} count - of services
 * @param {number} open - how many of them are open
 * @param {string} commune
 */
export function groupIcon(count, open, commune = "") {
  const element = document.createElement("div");
  element.textContent = number(count);
  element.title = groupLabel(count, open, commune);
  element.setAttribute("aria-label", element.title);
  element.style.setProperty("--ouverts", `${Math.round((100 * open) / count)}%`);
  const size = groupSize(count);
  return L.divIcon({ html: element, className: "groupe-carte", iconSize: [size, size] });
}

/**
 * Say in words what a group holds.
 * @param {number} count
 * @param {number} open
 * @param {string} commune - empty for a group of several
 */
export function groupLabel(count, open, commune) {
  const where = commune && `${commune} : `;
  return `${where}${number(count)} lieux, ${number(open)} ouverts : agrandir`;
}

/**
 * Return the width of a group in pixels.
 * @param {number} count
 */
export function groupSize(count) {
  return [32, 38, 46, 54][String(count).length - 1] ?? 62;
}

/** @param {number} count */
function number(count) {
  return count.toLocaleString("fr-FR");
}
