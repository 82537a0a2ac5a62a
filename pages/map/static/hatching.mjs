/* The canvas that outlines are drawn on. */

/** Return Leaflet's canvas, which can also hatch a shape. */
export function newCanvas() {
  /** @type {CanvasPattern | null} */
  let pattern = null;
  const Hatching = L.Canvas.extend({
    options: { padding: 0.4 },
    /** @type {(context: CanvasRenderingContext2D, layer: L.Path) => void} */
    _fillStroke(context, layer) {
      L.Canvas.prototype._fillStroke.call(this, context, layer);
      if (!layer.options.hatched) return;
      pattern ??= hatches(context);
      context.globalAlpha = 1;
      context.fillStyle = pattern;
      context.fill("evenodd");
    },
  });
  return new Hatching();
}

/** @param {CanvasRenderingContext2D} context */
function hatches(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  pen.strokeStyle = "#6b6470";
  pen.lineWidth = 1.4;
  pen.beginPath();
  for (const x of [-8, 0, 8]) {
    pen.moveTo(x, 8);
    pen.lineTo(x + 8, 0);
  }
  pen.stroke();
  return /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat"));
}
