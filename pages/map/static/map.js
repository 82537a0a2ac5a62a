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
  // More signs than this in view are one group for each commune, unless the reader is this near.
  const MOST_SIGNS = 1000;
  const NEAR = 17;
  const BETWEEN_GROUPS = 60; // pixels
  const MANY_COMMUNES = 700;
  const BROUGHT_OUT_MS = 1500;
  // Of more départements than this, the communes are drawn from this zoom on.
  const MOST_DEPARTEMENTS = 12;
  const COMMUNES_FROM = 10;
  // From this many inhabitants a commune is named, by zoom; below all of them are.
  const NAMED_FROM = { 5: 90000, 6: 50000, 7: 20000, 8: 6000, 9: 2000, 10: 500 };

  let map, clusters, groups, outlines, names, routes, townHalls, origin, tiles, icons, version;
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
  let crowd = null;
  let distant = new Map();
  let pickable = false;
  let here = null;
  let warning = null;
  const communes = new Map();
  const markers = new Map();
  const loaded = new Map();

  // Leaflet focuses the map where it is pressed, which scrolls the page under the pointer: the click
  // would pick another commune.
  L.Map.Keyboard.include({
    _onMouseDown() {
      if (!this._focused) this._map.getContainer().focus({ preventScroll: true });
    },
  });

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
    clusters.on("click keypress", (event) => {
      if (pressed(event)) choose(event.layer.options.service);
    });
    clusters.on("clusterkeypress", (event) => {
      const { layer, originalEvent } = event;
      if (pressed(event)) clusters.fire("click", { layer, originalEvent });
    });
    groups = L.layerGroup().addTo(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution("Contours © IGN, Admin Express");
    map.on("moveend", drawNames);
    map.on("moveend", () => crowd && drawCrowd());
    map.on("moveend", drawNear);
    map.on("tooltipopen", keepInside);
    map.on("popupopen", ({ popup }) => popup._closeButton?.setAttribute("aria-label", "Fermer"));
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) stopMotion();
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
    container.setAttribute("aria-label", "Carte des services. Le même contenu se lit à côté ou plus bas.");
    document
      .querySelectorAll('meta[name="viewport"]')
      .forEach((meta) => meta.setAttribute("content", "width=device-width, initial-scale=1"));
    if (window.frameElement) window.frameElement.title = "Carte des services";
    map.zoomControl._zoomInButton.title = "Agrandir";
    map.zoomControl._zoomInButton.setAttribute("aria-label", "Agrandir");
    map.zoomControl._zoomOutButton.title = "Réduire";
    map.zoomControl._zoomOutButton.setAttribute("aria-label", "Réduire");
  }

  function stopMotion() {
    map._zoomAnimated = map._fadeAnimated = map.options.inertia = false;
    const { panBy } = map;
    map.panBy = (offset, options) => panBy.call(map, offset, { ...options, animate: false });
  }

  function clusterIcon(cluster) {
    const all = cluster.getAllChildMarkers();
    return groupIcon(all.length, all.filter((marker) => marker.options.state === 0).length);
  }

  function groupIcon(count, open, commune = "") {
    const element = document.createElement("div");
    element.textContent = number(count);
    const where = commune && `${commune} : `;
    const label = `${where}${number(count)} lieux, ${number(open)} ouverts : agrandir`;
    element.setAttribute("aria-label", label);
    element.title = label;
    element.style.setProperty("--ouverts", `${Math.round((100 * open) / count)}%`);
    const size = count < 10 ? 32 : count < 100 ? 38 : count < 1000 ? 46 : count < 10000 ? 54 : 62;
    return L.divIcon({ html: element, className: "groupe-carte", iconSize: [size, size] });
  }

  function number(count) {
    return count.toLocaleString("fr-FR");
  }

  /* Draw what the page asks for now. `view` =
   * {territory, bounds, places, crowd, focus, tiles, townHalls, routes, origin, pick, shades}. */
  function show(view) {
    awaited = view;
    if (styled) draw(view);
    return L.layerGroup();
  }

  async function draw(view) {
    showTiles(view.tiles);
    shades = view.shades;
    pickable = Boolean(view.pick);
    map.getContainer().style.cursor = pickable ? "crosshair" : "";
    offerPosition(view.pick === "position");
    if (!view.crowd) crowd = null;
    showTerritory(view.territory, view.bounds);
    shade();
    showOrigin(view.origin);
    clusterRadius = view.routes.length ? 4 : 38; // a route needs its stops
    if (view.crowd) {
      const all = await fetchAsset("signs", view.crowd.file);
      if (view !== awaited) return;
      warn(all ? "" : "Les lieux n’ont pas pu être placés : les lire dans la liste.");
      crowd = all && counted(all, view.crowd.states);
      drawCrowd();
    } else {
      warn("");
      groups.clearLayers();
      showPlaces(view.places);
    }
    showRoutes(view.routes);
    showTownHalls(view.townHalls ? view.territory : []);
    showFocus(view.focus);
  }

  /* Say on the map that something is missing there. */
  function warn(words) {
    if (!warning && !words) return;
    if (!warning) {
      warning = L.control({ position: "bottomleft" });
      warning.onAdd = () => {
        const box = document.createElement("p");
        box.className = "manque-carte";
        box.setAttribute("role", "status");
        return box;
      };
      warning.addTo(map);
    }
    warning.getContainer().textContent = words;
  }

  /* Count what is drawn of each commune: `all` is the list's file, `states` has a digit (its
   * place in STATES) for each of its services, or "-" where it is not drawn. */
  function counted(all, states) {
    const counts = all.communes.map(() => 0);
    const opens = all.communes.map(() => 0);
    for (let place = 0; place < states.length; place += 1) {
      if (states[place] === "-") continue;
      counts[all.homes[place]] += 1;
      if (states[place] === "0") opens[all.homes[place]] += 1;
    }
    return { all, states, counts, opens, drawn: null };
  }

  /* Draw what is in view: the signs and those a little around, or where they are too many, groups.
   * Whoever goes from sign to sign by keyboard moves the map, and stays where she is. */
  function drawCrowd() {
    groups.clearLayers();
    if (!crowd) {
      showPlaces([]);
      return;
    }
    const view = map.getBounds();
    const zoom = map.getZoom();
    const { drawn, all, states } = crowd;
    if (drawn && drawn.zoom === zoom && drawn.box.contains(view)) return;
    const box = view.pad(0.5);
    const inside = within(box);
    if (inside.length > MOST_SIGNS && zoom < NEAR) {
      crowd.drawn = null;
      showPlaces([]);
      drawGroups(view);
      return;
    }
    crowd.drawn = { box, zoom };
    const held = [...markers.values()].find((marker) => marker._icon === document.activeElement);
    showPlaces(
      inside.map((at) => {
        const sign = [all.families[at], Number(states[at]), all.approximate[at]];
        return [all.ids[at], all.lats[at], all.lngs[at], ...sign, all.names[at]];
      }),
    );
    if (held && held._icon) held._icon.focus({ preventScroll: true });
  }

  function within(box) {
    const { all, states } = crowd;
    const [south, west, north, east] = [box.getSouth(), box.getWest(), box.getNorth(), box.getEast()];
    const inside = [];
    for (let at = 0; at < states.length; at += 1) {
      const [lat, lng] = [all.lats[at], all.lngs[at]];
      if (states[at] === "-" || lat < south || lat > north || lng < west || lng > east) continue;
      inside.push(at);
    }
    return inside;
  }

  function drawGroups(view) {
    for (const group of grouped(map.getZoom())) {
      if (!view.contains([group.lat, group.lng])) continue;
      const commune = group.communes.length === 1 ? group.name : "";
      const icon = groupIcon(group.count, group.open, commune);
      L.marker([group.lat, group.lng], { icon, autoPanOnFocus: false })
        .on("click keypress", (event) => pressed(event) && enter(group))
        .addTo(groups);
    }
  }

  /* Join each commune with the nearest one that stands for others already, if it is near enough.
   * The largest come first, whatever is drawn of them: a filter does not move the groups. */
  function grouped(zoom) {
    const { all, counts, opens } = crowd;
    const found = [];
    const cells = new Map();
    for (const commune of ordered(all)) {
      if (!counts[commune]) continue;
      const [name, lat, lng] = all.communes[commune];
      const at = map.project([lat, lng], zoom);
      const [column, row] = [Math.floor(at.x / BETWEEN_GROUPS), Math.floor(at.y / BETWEEN_GROUPS)];
      let nearest = null;
      for (let x = column - 1; x <= column + 1; x += 1) {
        for (let y = row - 1; y <= row + 1; y += 1) {
          for (const group of cells.get(`${x} ${y}`) || []) {
            const away = group.at.distanceTo(at);
            if (away < (nearest ? nearest.at.distanceTo(at) : BETWEEN_GROUPS)) nearest = group;
          }
        }
      }
      if (!nearest) {
        nearest = { at, name, lat, lng, communes: [], count: 0, open: 0 };
        found.push(nearest);
        const cell = `${column} ${row}`;
        cells.set(cell, [...(cells.get(cell) || []), nearest]);
      }
      nearest.communes.push(commune);
      nearest.count += counts[commune];
      nearest.open += opens[commune];
    }
    return found;
  }

  /* The communes of the list's file, those with the most services first. */
  function ordered(all) {
    if (!all.order) {
      const sizes = all.communes.map(() => 0);
      for (const commune of all.homes) sizes[commune] += 1;
      all.order = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]);
    }
    return all.order;
  }

  /* Look at a group's services from nearer. */
  function enter(group) {
    const { all, states } = crowd;
    const communes = new Set(group.communes);
    const box = L.latLngBounds([]);
    all.homes.forEach((commune, at) => {
      if (states[at] !== "-" && communes.has(commune)) box.extend([all.lats[at], all.lngs[at]]);
    });
    const nearer = Math.max(map.getBoundsZoom(box), map.getZoom() + 1);
    map.setView(box.getCenter(), Math.min(nearer, NEAR), { animate: false });
    map.getContainer().focus({ preventScroll: true });
  }

  /* Come so near to a service of the crowd that it has a sign of its own. */
  function approach(id) {
    const { all, states } = crowd;
    const at = all.ids.indexOf(id);
    if (at < 0 || states[at] === "-") return;
    for (const zoom of [14, NEAR]) {
      if (markers.has(id)) return;
      map.setView([all.lats[at], all.lngs[at]], Math.max(zoom, map.getZoom()), { animate: false });
    }
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

  /* Say whether an event is a click, or the key that stands for one. */
  function pressed({ type, originalEvent }) {
    return type === "click" || originalEvent.key === "Enter";
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
    if (focus && crowd) approach(focus.id);
    const marker = focus && markers.get(focus.id);
    if (!marker) return;
    const room = { maxWidth: 260, autoPanPadding: [20, 20] };
    marker.unbindPopup().bindPopup(sheet(focus), room);
    clusters.zoomToShowLayer(marker, () => shownFocus === wanted && marker.openPopup());
    // A group on the move may never bring its sign out: then the popup opens at the place itself.
    setTimeout(() => {
      if (shownFocus !== wanted || (map._popup && map._popup.isOpen())) return;
      map.openPopup(sheet(focus), marker.getLatLng(), room);
    }, BROUGHT_OUT_MS);
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
    const vast = territory.length > MOST_DEPARTEMENTS && !shades;
    const near = vast ? [] : territory;
    const files = await Promise.all(["france", ...near].map((code) => fetchAsset("outlines", code)));
    if (wanted !== shownTerritory) return;
    const [france, ...departements] = files;
    outlines.clearLayers();
    communes.clear();
    names.places = [];
    distant = new Map();
    if (france) {
      L.geoJSON(features(france.features, france.scale), {
        ...style("#b9b2ab", 0.8, "#f3efe9"),
        onEachFeature: ({ properties }, layer) => {
          if (!vast || !territory.includes(properties.code)) return;
          layer.setStyle({ color: INK, fillColor: "#ffffff" });
          distant.set(properties.code, layer.getBounds());
        },
      }).addTo(outlines);
    }
    departements.forEach(drawDepartement);
    shade();
    drawNames();
    map.getContainer().dataset.territoire = territory.join(" ");
    drawNear();
  }

  function drawDepartement(departement) {
    if (!departement) return;
    const { scale, contour } = departement;
    L.geoJSON(features(departement.communes.features, scale), {
      ...style("#cbbfd4", 0.7, "#ffffff"),
      interactive: Boolean(shades),
      onEachFeature: (feature, layer) => communes.set(feature.properties.code, layer),
    })
      .bindTooltip((layer) => commune(layer), { sticky: true })
      .addTo(outlines);
    L.geoJSON(polygons(contour, scale), style(INK, 1.6, null)).addTo(outlines);
    const halls = departement.communes.features.filter(({ properties }) => properties.mairie);
    names.places = [...names.places, ...halls].sort(
      (a, b) => b.properties.population - a.properties.population,
    );
  }

  function features(written, scale) {
    return written.map(({ properties, rings }) => {
      return { type: "Feature", properties, geometry: polygons(rings, scale) };
    });
  }

  /* Rings are written as steps from corner to corner, `scale` of them to the degree. */
  function polygons(rings, scale) {
    return { type: "MultiPolygon", coordinates: rings.map((polygon) => polygon.map(corners)) };

    function corners(steps) {
      const found = [];
      let [lng, lat] = [0, 0];
      for (let at = 0; at < steps.length; at += 2) {
        lng += steps[at];
        lat += steps[at + 1];
        found.push([lng / scale, lat / scale]);
      }
      return found;
    }
  }

  /* Of a vast territory, draw the communes of the départements in view once the reader is near. */
  async function drawNear() {
    if (map.getZoom() < COMMUNES_FROM) return;
    const view = map.getBounds();
    const wanted = shownTerritory;
    const codes = [...distant.keys()].filter((code) => view.intersects(distant.get(code)));
    for (const code of codes) distant.delete(code);
    const files = await Promise.all(codes.map((code) => fetchAsset("outlines", code)));
    if (wanted !== shownTerritory || !codes.length) return;
    files.forEach(drawDepartement);
    drawNames();
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
