/* What the pages' JavaScript finds in the browser: our own door, Streamlit's, and parts of Leaflet
 * that its types leave out. */
import type * as L from "leaflet";
import type { Settings, View } from "../../pages/map/static/state.mjs";

declare global {
  interface Window {
    maillage: {
      mount(map: L.Map, settings: Settings): void;
      show(view: View): L.LayerGroup;
    };
    Streamlit: { setComponentValue(value: object): void };
  }
}

declare module "leaflet" {
  interface Map {
    _popup?: Popup | null;
    _zoomAnimated: boolean;
    _fadeAnimated: boolean;
  }
  namespace Control {
    interface Zoom {
      _zoomInButton: HTMLElement;
      _zoomOutButton: HTMLElement;
    }
  }
  interface Canvas {
    _fillStroke(context: CanvasRenderingContext2D, layer: Path): void;
  }
  interface GeoJSONOptions {
    renderer?: Renderer;
  }
  interface LeafletEvent {
    originalEvent?: Event;
  }
  interface MarkerClusterGroup {
    options: MarkerClusterGroupOptions;
  }
  interface Handler {
    _map: Map;
    _focused?: boolean;
    _onMouseDown(): void;
  }
  interface Popup {
    _closeButton?: HTMLElement;
  }
  interface MarkerOptions {
    service?: string;
    state?: number;
  }
  interface PathOptions {
    hatched?: boolean;
    words?: string;
  }
}
