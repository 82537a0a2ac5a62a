/* The map in the browser: prepare it once, then draw what the page asks for.
 * Everything that comes from the list is written with textContent or as an attribute: nothing in
 * the data is ever read as HTML or as code. */

/** @import { Settings, SignsFile, State, View } from "./state.mjs" */
import { describe, focusWithoutScrolling, stopMotion } from "./access.mjs";
import { showContext } from "./context.mjs";
import { fetchFile } from "./files.mjs";
import { counted, drawMany } from "./groups.mjs";
import { sendPoint } from "./messages.mjs";
import { offerPosition, showOrigin } from "./origin.mjs";
import { drawNames, drawNear, showTerritory } from "./outlines.mjs";
import { showFocus } from "./popup.mjs";
import { keepInside, shade } from "./shades.mjs";
import { sendPressed, showPlaces, showRoutes } from "./signs.mjs";
import { changed, newState } from "./state.mjs";
import { showTownHalls } from "./town_halls.mjs";
import { follow, keepFitted } from "./view.mjs";

const PLAN_IGN =
  "https://data.geopf.fr/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile" +
  "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&TILEMATRIXSET=PM&FORMAT=image/png" +
  "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}";

/**
 * Prepare Leaflet's map, and return what draws a view on it.
 * @param {L.Map} map
 * @param {Settings} settings
 * @returns {(view: View) => void}
 */
export function mount(map, settings) {
  map.createPane("mairies").style.zIndex = "440";
  const context = map.createPane("contexte");
  context.style.zIndex = "430";
  context.style.pointerEvents = "none"; // what is said of a commune stays in reach
  const tours = map.createPane("tournees");
  tours.style.zIndex = "450";
  tours.style.pointerEvents = "none";
  const state = newState(map, settings);
  sendPressed(state);
  describe(map);
  focusWithoutScrolling(map);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) stopMotion(map);
  map.on("moveend", () => {
    if (state.following) return; // what it draws comes next
    drawNames(state);
    if (state.many) drawMany(state);
    drawNear(state);
  });
  state.clusters.on("animationend", () => drawNames(state));
  map.on("tooltipopen", keepInside);
  sendClicks(state);
  keepFitted(state);
  drawOnceStyled(state);
  return (view) => {
    state.view = view;
    if (state.styled) draw(state, view);
  };
}

/**
 * Send where the reader clicks. A click that closes a popup does nothing else.
 * @param {State} state
 */
function sendClicks(state) {
  const { map } = state;
  let closes = false;
  map.on("preclick", () => {
    closes = Boolean(map._popup?.isOpen());
  });
  map.on("click", ({ latlng }) => {
    if (state.view?.pick && !closes) sendPoint(state, latlng, false);
  });
}

/**
 * Draw once our style sheet, the last one, is there, and the frame has its size: Leaflet measures
 * elements, and nothing else waits.
 * @param {State} state
 */
function drawOnceStyled(state) {
  const container = state.map.getContainer();
  const style = getComputedStyle(container);
  const styled = style.overflow === "hidden" && style.getPropertyValue("--maillage").trim() === "1";
  if (styled && container.clientWidth && container.clientHeight) {
    state.styled = true;
    state.map.invalidateSize({ animate: false });
    if (state.view) draw(state, state.view);
  } else {
    setTimeout(() => drawOnceStyled(state), 15);
  }
}

/**
 * Change what is drawn into what the page asks for.
 * @param {State} state
 * @param {View} view
 */
async function draw(state, view) {
  showTiles(state, view.tiles);
  state.map.getContainer().style.cursor = view.pick ? "crosshair" : "";
  offerPosition(state, view.pick === "position");
  if (!view.crowd) state.many = null;
  state.following = true;
  follow(state, view.bounds);
  state.following = false;
  showTerritory(state, view);
  if (changed(state, "shades", [view.shades, view.tiles])) shade(state);
  showContext(state, view.context);
  showOrigin(state, view.origin);
  state.clusters.options.maxClusterRadius = view.routes.length ? 4 : 38; // a route needs its stops
  if (view.crowd) {
    /** @type {SignsFile | null} */
    const all = await fetchFile(state, "signs", view.crowd.file);
    if (view !== state.view) return;
    warn(state, all ? "" : "Les lieux n’ont pas pu être placés : les lire dans la liste.");
    state.many = all && counted(all, view.crowd.states);
    drawMany(state);
  } else {
    warn(state, "");
    state.groups.clearLayers();
    showPlaces(state, view.places);
  }
  showRoutes(state, view.routes);
  showTownHalls(state, view.townHalls ? view.territory : []);
  drawNames(state);
  drawNear(state);
  showFocus(state, view.focus);
}

/**
 * Draw the Plan IGN below, or take it away.
 * @param {State} state
 * @param {boolean} wanted
 */
function showTiles(state, wanted) {
  const { map } = state;
  map.options.zoomSnap = wanted ? 1 : 0.25; // between two levels the Plan IGN would be blurred
  if (!wanted) {
    state.tiles?.remove();
    state.tiles = null;
  } else if (!state.tiles) {
    const credits = "© IGN – Géoplateforme";
    state.tiles = L.tileLayer(PLAN_IGN, { maxNativeZoom: 18, attribution: credits }).addTo(map);
    if (map.getZoom() % 1) map.setZoom(Math.floor(map.getZoom()), { animate: false });
  }
}

/**
 * Say on the map that something is missing there.
 * @param {State} state
 * @param {string} words - empty: nothing is
 */
function warn(state, words) {
  if (!state.warning && !words) return;
  if (!state.warning) {
    state.warning = new L.Control({ position: "bottomleft" });
    state.warning.onAdd = () => {
      const box = document.createElement("p");
      box.className = "manque-carte";
      box.setAttribute("role", "status");
      return box;
    };
    state.warning.addTo(state.map);
  }
  /** @type {HTMLElement} */ (state.warning.getContainer()).textContent = words;
}
