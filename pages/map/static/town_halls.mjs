/* The town halls of a territory: small grey dots under the signs. */

/** @import { Sheet, State, TownHall } from "./state.mjs" */
import { fetchFile } from "./files.mjs";
import { sheetElement } from "./popup.mjs";
import { changed } from "./state.mjs";

/**
 * @param {State} state
 * @param {string[]} territory - codes of départements
 */
export async function showTownHalls(state, territory) {
  const { map, townHalls } = state;
  const wanted = changed(state, "townHalls", territory);
  if (!wanted) return;
  /** @type {(TownHall[] | null)[]} */
  const files = await Promise.all(territory.map((code) => fetchFile(state, "town-halls", code)));
  if (state.drawn.townHalls !== wanted) return;
  townHalls.clearLayers();
  const renderer = L.canvas({ pane: "mairies", padding: 0.4, tolerance: 5 });
  for (const hall of files.flatMap((file) => file ?? [])) {
    const [, lng, lat] = hall;
    L.circleMarker([lat, lng], {
      renderer,
      pane: "mairies",
      radius: 3,
      weight: 1,
      color: "#ffffff",
      fillColor: "#7d766f",
      fillOpacity: 1,
    })
      .bindPopup(() => sheetElement(townHallSheet(hall)), { maxWidth: 260 })
      .addTo(townHalls);
  }
  map.getContainer().dataset.mairies = String(townHalls.getLayers().length);
}

/**
 * @param {TownHall} hall
 * @returns {Sheet}
 */
export function townHallSheet([name, , , phone, hours, approximate]) {
  return {
    title: `Mairie : ${name}`,
    lines: [
      "Accueil et orientation, pas un service spécialisé.",
      hours,
      "Une semaine habituelle, hors jours fériés : appeler avant.",
      ...(approximate ? ["Emplacement approximatif."] : []),
      "Source : annuaire de l’administration (DILA).",
    ],
    phone,
  };
}
