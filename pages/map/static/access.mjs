/* The map for everybody: French names, the keyboard, and no motion where none is wanted. */

/**
 * The frame around the map is Streamlit's: give it a French title, a role, and room to zoom.
 * @param {L.Map} map
 */
export function describe(map) {
  document.documentElement.lang = "fr";
  document.title = "Carte des services";
  const container = map.getContainer();
  container.setAttribute("role", "region");
  container.setAttribute("aria-label", "Carte des services. Le même contenu se lit à côté ou plus bas.");
  for (const meta of document.querySelectorAll('meta[name="viewport"]')) {
    meta.setAttribute("content", "width=device-width, initial-scale=1");
  }
  if (window.frameElement) /** @type {HTMLElement} */ (window.frameElement).title = "Carte des services";
  const { _zoomInButton, _zoomOutButton } = map.zoomControl;
  nameButton(_zoomInButton, "Agrandir");
  nameButton(_zoomOutButton, "Réduire");
  // *Échap* three times leaves the site from here too: the page around the map counts.
  addEventListener("keydown", ({ key, repeat }) => {
    if (window.frameElement) parent.dispatchEvent(new KeyboardEvent("keydown", { key, repeat }));
  });
  map.on("popupopen", ({ popup }) => popup._closeButton?.setAttribute("aria-label", "Fermer"));
  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution("Contours © IGN, Admin Express");
}

/**
 * @param {HTMLElement} button
 * @param {string} name
 */
function nameButton(button, name) {
  button.title = name;
  button.setAttribute("aria-label", name);
}

/**
 * Leaflet focuses the map where it is pressed, which scrolls the page under the pointer: the click
 * would pick another commune.
 * @param {L.Map} map
 */
export function focusWithoutScrolling({ keyboard }) {
  keyboard.disable();
  keyboard._onMouseDown = function () {
    if (!this._focused) this._map.getContainer().focus({ preventScroll: true });
  };
  keyboard.enable();
}

/** @param {L.Map} map */
export function stopMotion(map) {
  map._zoomAnimated = map._fadeAnimated = map.options.inertia = false;
  const { panBy } = map;
  map.panBy = (offset, options) => panBy.call(map, offset, { ...options, animate: false });
}
