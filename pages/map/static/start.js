/* What folium loads and calls. The modules load while Leaflet does; the map is drawn once they are there. */
(() => {
  const modules = import("./map.mjs");
  /** @type {Promise<(view: import("./state.mjs").View) => void>} */
  let mounted;
  window.maillage = {
    mount(map, settings) {
      mounted = modules.then(({ mount }) => mount(map, settings));
    },
    show(view) {
      mounted.then((show) => show(view));
      return L.layerGroup();
    },
  };
})();
