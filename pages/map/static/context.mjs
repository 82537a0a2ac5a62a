/* A layer of context over the communes: rings at their town halls, or outlines, lines and points. */

/** @import { Context, State } from "./state.mjs" */
import { sheetElement } from "./popup.mjs";
import { changed } from "./state.mjs";

const TEAL = "#00665c";
const HALO = "#ffffff";

/**
 * @param {State} state
 * @param {Context | null} wanted
 */
export function showContext(state, wanted) {
  const { context, map } = state;
  if (!changed(state, "context", wanted)) return;
  context.clearLayers();
  const { rings, shapes } = wanted ?? { rings: [], shapes: null };
  const renderer = L.canvas({ pane: "contexte", padding: 0.4 });
  for (const [lat, lng, radius] of rings) {
    for (const stroke of strokes(radius)) {
      L.circleMarker([lat, lng], {
        ...stroke,
        renderer,
        pane: "contexte",
        interactive: false,
        fill: false,
      }).addTo(context);
    }
  }
  if (shapes) drawShapes(state, shapes);
  map.getContainer().dataset.contexte = String(rings.length || shapes?.features.length || "");
}

/**
 * Return the strokes of a ring: a white halo, so that it is seen on any colour, and the ring.
 * @param {number} radius - pixels
 */
function strokes(radius) {
  return [
    { radius, weight: 4, color: HALO, opacity: 0.9 },
    { radius, weight: 2, color: TEAL, opacity: 1 },
  ];
}

/**
 * Draw outlines, lines and points. Lines and points say their name under the pointer; an outline
 * does not, since what is said of its communes would be out of reach.
 * @param {State} state
 * @param {any} shapes
 */
function drawShapes({ context }, shapes) {
  const renderer = L.svg({ pane: "contexte", padding: 0.4 });
  const style = { renderer, pane: "contexte", color: TEAL, weight: 2, fill: false, dashArray: "6 4" };
  L.geoJSON(shapes, {
    pane: "contexte",
    style: (feature) => ({ ...style, interactive: !feature?.geometry.type.endsWith("Polygon") }),
    pointToLayer: (_feature, latlng) =>
      L.circleMarker(latlng, { radius: 5, fill: true, fillColor: HALO, fillOpacity: 1 }),
  })
    .bindTooltip(nameElement, { sticky: true })
    .addTo(context);
}

/**
 * @param {L.Layer} layer
 */
function nameElement(layer) {
  const { feature } = /** @type {L.Polyline} */ (layer);
  return sheetElement({ title: feature?.properties.nom, lines: [] });
}
