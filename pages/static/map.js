/* The map's own part in the browser. folium starts it and hands it data; it draws.
 * Everything that comes from the list is written with textContent or as an attribute:
 * nothing in the data is ever read as HTML or as code. */
"use strict";

window.maillage = (() => {
  const ASSETS = "../../assets/";
  const STATES = ["ouvert", "fermé", "horaires inconnus"];
  const INK = "#4a2467";
  const ROUTE = "#C04F00";
  const PLAN_IGN =
    "https://data.geopf.fr/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile" +
    "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&TILEMATRIXSET=PM&FORMAT=image/png" +
    "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}";
  const MOST_NAMES = 28;
  const MANY_COMMUNES = 700;
  // From this many inhabitants a commune is named, by zoom; below all of them are.
  const NAMED_FROM = { 5: 90000, 6: 50000, 7: 20000, 8: 6000, 9: 2000, 10: 500 };

  let map, clusters, outlines, names, routes, townHalls, origin, tiles, icons, version;
  let clusterRadius = 38;
  let styled = false;
  let awaited = null;
  let fitted = null;
  let clicks = 0;
  let shownTerritory = null;
  let shownBounds = null;
  let shownFocus = null;
  let shownTownHalls = "[]";
  let shownOrigin = "null";
  let shades = null;
  let pickable = false;
  let here = null;
  const communes = new Map();
  const markers = new Map();
  const loaded = new Map();

  function mount(leafletMap, settings) {
    map = leafletMap;
    version = settings.version;
    icons = settings.icons.map((byState) =>
      byState.map((byPlace) =>
        byPlace.map((html) =>
          L.divIcon({ html, className: "signe-carte", iconSize: [30, 30], popupAnchor: [0, -10] }),
        ),
      ),
    );
    outlines = L.layerGroup().addTo(map);
    names = L.layerGroup().addTo(map);
    map.createPane("mairies").style.zIndex = 440;
    map.createPane("tournees").style.zIndex = 450;
    map.getPane("tournees").style.pointerEvents = "none";
    routes = L.layerGroup().addTo(map);
    townHalls = L.layerGroup().addTo(map);
    origin = L.layerGroup().addTo(map);
    clusters = L.markerClusterGroup({
      animate: false,
      chunkedLoading: false,
      maxClusterRadius: () => clusterRadius,
      showCoverageOnHover: false,
      spiderLegPolylineOptions: { weight: 1, color: INK },
      iconCreateFunction: clusterIcon,
    }).addTo(map);
    clusters.on("click", (event) => choose(event.layer.options.service));
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution("Contours © IGN, Admin Express");
    map.on("moveend", drawNames);
    map.on("tooltipopen", keepInside);
    // A click that closes a popup does nothing else.
    let closes = false;
    map.on("preclick", () => (closes = Boolean(map._popup && map._popup.isOpen())));
    map.on("click", (event) => pickable && !closes && pick(event.latlng));
    const container = map.getContainer();
    new ResizeObserver(fitAgain).observe(container);
    for (const touch of ["pointerdown", "wheel", "keydown"]) {
      container.addEventListener(touch, () => (fitted = null), { capture: true, passive: true });
    }
    describeForEverybody();
    drawOnceStyled();
  }

  /* Nobody waits for style sheets, and Leaflet measures: draw once ours, the last one, is there. */
  function drawOnceStyled() {
    const style = getComputedStyle(map.getContainer());
    if (style.overflow === "hidden" && style.getPropertyValue("--maillage").trim() === "1") {
      styled = true;
      map.invalidateSize({ animate: false });
      if (awaited) draw(awaited);
    } else {
      setTimeout(drawOnceStyled, 15);
    }
  }

  function fitAgain() {
    map.invalidateSize({ animate: false });
    if (fitted) fit(fitted);
  }

  function fit(bounds) {
    map.fitBounds(bounds, { animate: false, padding: [8, 8] });
    fitted = bounds;
  }

  /* The frame around the map is Streamlit's: give it a French title, a role, and room to zoom. */
  function describeForEverybody() {
    document.documentElement.lang = "fr";
    document.title = "Carte des services";
    const container = map.getContainer();
    container.setAttribute("role", "region");
    container.setAttribute("aria-label", "Carte des services. La même liste se lit à côté.");
    document
      .querySelectorAll('meta[name="viewport"]')
      .forEach((meta) => meta.setAttribute("content", "width=device-width, initial-scale=1"));
    if (window.frameElement) window.frameElement.title = "Carte des services";
    map.zoomControl._zoomInButton.title = "Agrandir";
    map.zoomControl._zoomInButton.setAttribute("aria-label", "Agrandir");
    map.zoomControl._zoomOutButton.title = "Réduire";
    map.zoomControl._zoomOutButton.setAttribute("aria-label", "Réduire");
  }

  function clusterIcon(cluster) {
    const all = cluster.getAllChildMarkers();
    const open = all.filter((marker) => marker.options.state === 0).length;
    const element = document.createElement("div");
    element.textContent = String(all.length);
    const label = `${all.length} lieux, ${open} ouverts : agrandir`;
    element.setAttribute("aria-label", label);
    element.title = label;
    element.style.setProperty("--ouverts", `${Math.round((100 * open) / all.length)}%`);
    const size = all.length < 10 ? 32 : all.length < 100 ? 38 : 46;
    return L.divIcon({ html: element, className: "groupe-carte", iconSize: [size, size] });
  }

  /* Draw what the page asks for now.
   * `view` = {territory, bounds, places, focus, tiles, townHalls, routes, origin, pick, shades}. */
  function show(view) {
    awaited = view;
    if (styled) draw(view);
    return L.layerGroup();
  }

  function draw(view) {
    showTiles(view.tiles);
    shades = view.shades;
    pickable = Boolean(view.pick);
    map.getContainer().style.cursor = pickable ? "crosshair" : "";
    offerPosition(view.pick === "position");
    showTerritory(view.territory, view.bounds);
    shade();
    showOrigin(view.origin);
    clusterRadius = view.routes.length ? 4 : 38; // a route needs its stops
    showPlaces(view.places);
    showRoutes(view.routes);
    showTownHalls(view.townHalls ? view.territory : []);
    showFocus(view.focus);
  }

  function showTiles(wanted) {
    if (wanted && !tiles) {
      tiles = L.tileLayer(PLAN_IGN, { maxNativeZoom: 18, attribution: "© IGN – Géoplateforme" });
      tiles.addTo(map);
    } else if (!wanted && tiles) {
      tiles.remove();
      tiles = null;
    }
  }

  function showPlaces(places) {
    const kept = new Set();
    const shown = places.map(([id, lat, lng, family, state, approximate, name]) => {
      kept.add(id);
      const icon = icons[family][state][approximate];
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

  /* Link the stops of each tour, in their order. */
  function showRoutes(wanted) {
    routes.clearLayers();
    for (const ids of wanted) {
      const stops = ids.filter((id) => markers.has(id)).map((id) => markers.get(id).getLatLng());
      const dashes = { color: ROUTE, weight: 1.5, dashArray: "2 6", interactive: false };
      L.polyline(stops, { ...dashes, pane: "tournees", smoothFactor: 0 }).addTo(routes);
    }
  }

  /* The town halls of a territory: small grey dots under the signs, drawn once wanted. */
  async function showTownHalls(territory) {
    const wanted = JSON.stringify(territory);
    if (wanted === shownTownHalls) return;
    shownTownHalls = wanted;
    const files = await Promise.all(territory.map((code) => fetchAsset("town-halls", code)));
    if (wanted !== shownTownHalls) return;
    townHalls.clearLayers();
    const renderer = L.canvas({ pane: "mairies", padding: 0.4, tolerance: 5 });
    for (const hall of files.filter(Boolean).flat()) {
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
        .bindPopup(() => sheet(townHallWords(hall)), { maxWidth: 260 })
        .addTo(townHalls);
    }
    map.getContainer().dataset.mairies = String(townHalls.getLayers().length);
  }

  function townHallWords([name, , , phone, hours, approximate]) {
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

  function choose(id) {
    clicks += 1;
    window.Streamlit.setComponentValue({ selected: id, click: clicks });
  }

  /* Tell the page a point of the map, to about 100 m: enough for a distance, no front door. */
  function pick({ lat, lng }, located = false) {
    clicks += 1;
    const point = [Number(L.Util.wrapNum(lng, [-180, 180], true).toFixed(3)), Number(lat.toFixed(3))];
    window.Streamlit.setComponentValue({ point, located, click: clicks });
  }

  /* The reader's own position: only the button asks for it, and nothing keeps it. */
  function offerPosition(wanted) {
    if (!wanted && here) {
      here.remove();
      here = null;
    } else if (wanted && !here) {
      here = L.control({ position: "topright" });
      here.onAdd = () => {
        const box = document.createElement("div");
        box.className = "position-carte";
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = "Ma position";
        const said = document.createElement("span");
        said.setAttribute("role", "status");
        button.addEventListener("click", () => {
          said.textContent = "Recherche…";
          const refused = "Position refusée ou inconnue : choisir la commune.";
          const found = ({ coords }) => {
            said.textContent = "";
            pick({ lat: coords.latitude, lng: coords.longitude }, true);
          };
          if (!navigator.geolocation) said.textContent = refused;
          else {
            const lost = () => (said.textContent = refused);
            navigator.geolocation.getCurrentPosition(found, lost, { timeout: 10000 });
          }
        });
        L.DomEvent.disableClickPropagation(box);
        box.append(button, said);
        return box;
      };
      here.addTo(map);
    }
  }

  /* From where distances are counted. */
  function showOrigin(place) {
    const wanted = JSON.stringify(place || null);
    if (wanted === shownOrigin) return;
    shownOrigin = wanted;
    origin.clearLayers();
    map.getContainer().dataset.depart = "";
    if (!place) return;
    const [lng, lat, name] = place;
    const icon = L.divIcon({ className: "depart-carte", iconSize: [40, 40] });
    const under = { keyboard: false, interactive: false, zIndexOffset: -900 };
    L.marker([lat, lng], { icon, alt: name, ...under }).addTo(origin);
    map.getContainer().dataset.depart = name;
  }

  /* Fill each commune as the page asks: `shades` = {fills: [colour or "hachures"],
   * communes: {code: [fill, words]}}; the outlines stay, only the fills change. */
  function shade() {
    for (const [code, layer] of communes) {
      const [fill, words] = (shades && shades.communes[code]) || [null, ""];
      const colour = fill === null ? "#ffffff" : shades.fills[fill];
      layer.options.hatched = colour === "hachures";
      layer.options.words = words;
      layer.setStyle({
        fillColor: layer.options.hatched ? "#ffffff" : colour,
        fillOpacity: fill === null ? (tiles ? 0 : 1) : tiles ? 0.65 : 1,
      });
    }
    const thin = communes.size > MANY_COMMUNES ? 0.2 : 0.7; // borders would hide the shades
    for (const layer of communes.values()) layer.setStyle({ weight: shades ? thin : 0.7 });
    map.getContainer().dataset.teintes = shades ? JSON.stringify(Object.keys(shades.communes).length) : "";
  }

  /* Leaflet's canvas, which can also hatch a shape. */
  const Canvas = L.Canvas.extend({
    _fillStroke(context, layer) {
      L.Canvas.prototype._fillStroke.call(this, context, layer);
      if (!layer.options.hatched) return;
      context.globalAlpha = 1;
      context.fillStyle = hatching(context);
      context.fill("evenodd");
    },
  });

  let hatches = null;
  function hatching(context) {
    if (!hatches) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 8;
      const pen = tile.getContext("2d");
      pen.strokeStyle = "#6b6470";
      pen.lineWidth = 1.4;
      pen.beginPath();
      for (const x of [-8, 0, 8]) {
        pen.moveTo(x, 8);
        pen.lineTo(x + 8, 0);
      }
      pen.stroke();
      hatches = context.createPattern(tile, "repeat");
    }
    return hatches;
  }

  /* Open the popup of the service whose sheet the page shows. */
  function showFocus(focus) {
    const wanted = focus ? JSON.stringify(focus) : null;
    if (wanted === shownFocus) return;
    shownFocus = wanted;
    map.closePopup();
    const marker = focus && markers.get(focus.id);
    if (!marker) return;
    marker.unbindPopup().bindPopup(sheet(focus), { maxWidth: 260, autoPanPadding: [20, 20] });
    clusters.zoomToShowLayer(marker, () => marker.openPopup());
  }

  function sheet(focus) {
    const box = document.createElement("div");
    box.className = "fiche-carte";
    const title = document.createElement("strong");
    title.textContent = focus.title;
    box.append(title);
    for (const line of focus.lines) {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      box.append(paragraph);
    }
    if (focus.phone) {
      const link = document.createElement("a");
      const number = focus.phone.replace(/[^0-9+]/g, "");
      link.href = `${number === "114" ? "sms" : "tel"}:${number}`;
      link.textContent = focus.phone;
      box.append(link);
    }
    return box;
  }

  async function fetchAsset(folder, code) {
    const address = `${ASSETS}${folder}/${encodeURIComponent(code)}.json?v=${version}`;
    if (!loaded.has(address)) {
      loaded.set(
        address,
        fetch(address).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null),
      );
    }
    return loaded.get(address);
  }

  async function showTerritory(territory, bounds) {
    const view = JSON.stringify(bounds);
    const wanted = JSON.stringify([territory, bounds, Boolean(tiles), Boolean(shades)]);
    if (wanted === shownTerritory) return;
    shownTerritory = wanted;
    if (view !== shownBounds) fit(bounds);
    shownBounds = view;
    const files = await Promise.all(["france", ...territory].map((code) => fetchAsset("outlines", code)));
    if (wanted !== shownTerritory) return;
    const [france, ...departements] = files.filter(Boolean);
    outlines.clearLayers();
    communes.clear();
    if (france) L.geoJSON(france, style("#b9b2ab", 0.8, "#f3efe9")).addTo(outlines);
    for (const departement of departements) {
      L.geoJSON(departement.communes, {
        ...style("#cbbfd4", 0.7, "#ffffff"),
        interactive: Boolean(shades),
        onEachFeature: (feature, layer) => communes.set(feature.properties.code, layer),
      })
        .bindTooltip((layer) => commune(layer), { sticky: true })
        .addTo(outlines);
      L.geoJSON(departement.contour, style(INK, 1.6, null)).addTo(outlines);
    }
    shade();
    names.places = departements
      .flatMap((departement) => departement.communes.features)
      .filter((feature) => feature.properties.mairie)
      .sort((a, b) => b.properties.population - a.properties.population);
    drawNames();
    map.getContainer().dataset.territoire = territory.join(" ");
  }

  /* Keep what is said of a commune inside a narrow map. */
  function keepInside({ tooltip }) {
    const element = tooltip.getElement();
    element.style.marginLeft = "";
    const { left, right } = element.getBoundingClientRect();
    const out = Math.max(0, right + 4 - innerWidth) || Math.min(0, left - 4);
    const margin = parseFloat(getComputedStyle(element).marginLeft);
    if (out) element.style.marginLeft = `${margin - out}px`;
  }

  function commune(layer) {
    const box = document.createElement("div");
    box.className = "fiche-carte";
    const title = document.createElement("strong");
    title.textContent = layer.feature.properties.nom;
    box.append(title);
    for (const line of (layer.options.words || "").split("\n").filter(Boolean)) {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      box.append(paragraph);
    }
    return box;
  }

  function style(color, weight, fillColor) {
    return {
      interactive: false,
      renderer: canvas(),
      style: { color, weight, fill: fillColor !== null, fillColor, fillOpacity: tiles ? 0 : 1 },
    };
  }

  let sharedCanvas = null;
  function canvas() {
    sharedCanvas = sharedCanvas || new Canvas({ padding: 0.4 });
    return sharedCanvas;
  }

  /* Write the names of the largest communes that are in view and do not cover one another. */
  function drawNames() {
    names.clearLayers();
    if (!names.places || tiles) return;
    const view = map.getBounds();
    const taken = [];
    const smallest = NAMED_FROM[map.getZoom()] || 0;
    for (const { properties } of names.places) {
      if (taken.length >= MOST_NAMES || properties.population < smallest) break;
      const [lng, lat] = properties.mairie;
      if (!view.contains([lat, lng])) continue;
      const point = map.latLngToContainerPoint([lat, lng]);
      const half = 3.4 * properties.nom.length + 6;
      const box = [point.x - half, point.y + 6, point.x + half, point.y + 24];
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      const label = document.createElement("span");
      label.textContent = properties.nom;
      L.marker([lat, lng], {
        icon: L.divIcon({ html: label, className: "nom-carte", iconSize: [0, 0] }),
        interactive: false,
        keyboard: false,
        pane: "shadowPane",
      }).addTo(names);
    }
  }

  function overlap(a, b) {
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  }

  return { mount, show };
})();
