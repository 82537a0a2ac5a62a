/* The map in another site's page: what Streamlit does elsewhere is done here. */
import { mount } from "./map.mjs";

leaveFromHere();
const box = document.getElementById("carte");
const data = document.getElementById("donnees");
if (box && data?.textContent) draw(box, JSON.parse(data.textContent));

/**
 * Draw the services; a sign opens its popup.
 * @param {HTMLElement} box
 * @param {{settings: import("./state.mjs").Settings, view: import("./state.mjs").View,
 *   sheets: {[id: string]: NonNullable<import("./state.mjs").View["focus"]>}}} data
 */
function draw(box, { settings, view, sheets }) {
  const map = L.map(box, { minZoom: 5, maxZoom: 19, zoomSnap: 0.25, preferCanvas: true });
  map.setView([46.6, 2.5], 6);
  const show = mount(map, settings);
  window.Streamlit = {
    /** @param {{selected?: string}} message */
    setComponentValue({ selected = "" }) {
      show({ ...view, focus: sheets[selected] ?? null });
    },
  };
  show(view);
}

/** *Quitter* leads the page around this one away, and out of the way of *Back*. */
function leaveFromHere() {
  const exit = document.querySelector("a.quitter");
  if (!(exit instanceof HTMLAnchorElement)) return;
  exit.addEventListener("click", (event) => {
    event.preventDefault();
    document.documentElement.style.display = "none";
    try {
      window.top?.location.replace(exit.href);
    } catch {
      location.replace(exit.href); // a sandbox keeps that site here: at least this part of it goes
    }
    setTimeout(() => location.replace(exit.href), 1000);
  });
}
