/* Around every page: a quick way out, one single entry in the browser's history, and French. */
"use strict";

(() => {
  // Every filter and page replaces the last one in the history, so that leaving replaces them all.
  history.pushState = (...state) => history.replaceState(...state);

  addEventListener(
    "click",
    (event) => {
      const exit = event.target.closest?.("a.quitter, .sortie a:first-child");
      if (!exit) return;
      event.preventDefault();
      document.documentElement.style.display = "none";
      document.title = "";
      localStorage.clear();
      location.replace(exit.href);
    },
    true,
  );

  /* The keyboard finds the way out first, then the ways past the filters and past the map. */
  function leadTheKeyboard() {
    const exit = document.querySelector("a.quitter");
    if (!exit || document.querySelector(".sortie")) return;
    const first = document.createElement("nav");
    first.className = "sortie";
    first.ariaLabel = "Accès rapide";
    first.append(
      link("Quitter rapidement", exit.href),
      link("Aller au contenu", "#stMain"),
      link("Aller à la liste", ".st-key-liste button"),
    );
    first.addEventListener("click", (event) => {
      const to = event.target.getAttribute("href");
      if (to === exit.getAttribute("href")) return;
      event.preventDefault();
      document.querySelector(to)?.focus();
    });
    document.body.prepend(first);
  }

  function link(text, href) {
    const element = document.createElement("a");
    element.href = href;
    element.textContent = text;
    return element;
  }

  // Where a sheet is prepared, a printer prints it alone, under a title that tells nothing.
  let titleBefore = "";
  addEventListener("beforeprint", () => {
    const sheet = document.querySelector(".feuille-imprimee");
    if (!sheet) return;
    titleBefore = document.title;
    document.title = "Adresses utiles";
    document.body.append(sheet.cloneNode(true));
  });
  addEventListener("afterprint", () => {
    const copy = document.querySelector("body > .feuille-imprimee");
    if (!copy) return;
    copy.remove();
    document.title = titleBefore;
  });

  // Streamlit's own words, which no option changes. The list's words never match a whole phrase.
  const FRENCH = new Map([
    ["Accounting", "Comptable"],
    ["Add files", "Choisir un autre fichier"],
    ["Add row", "Ajouter une ligne"],
    ["App pages", "Pages"],
    ["Automatic", "Automatique"],
    ["Autosize", "Ajuster la largeur"],
    ["Average length", "Longueur moyenne"],
    ["Average", "Moyenne"],
    ["Cancel", "Annuler"],
    ["Choose an option", "Choisir"],
    ["Choose options", "Choisir"],
    ["Clear all", "Tout retirer"],
    ["Clear entry", "Effacer"],
    ["Clear selection", "Ne plus rien choisir"],
    ["Clear value", "Effacer"],
    ["Click to retry upload", "Réessayer"],
    ["Close Search", "Fermer la recherche"],
    ["Close fullscreen", "Quitter le plein écran"],
    ["Close", "Fermer"],
    ["Collapse sidebar", "Replier les filtres"],
    ["Compact", "Abrégé"],
    ["Connecting to Streamlit server", "Connexion…"],
    ["Connecting...", "Connexion…"],
    ["Connection error", "Connexion perdue"],
    ["Connection lost. Please wait for the app to reconnect, then try again.", "Connexion perdue. Attendre qu’elle revienne, puis réessayer."],
    ["Copy column name", "Copier le nom de la colonne"],
    ["Copy to clipboard", "Copier"],
    ["Count", "Nombre"],
    ["Dataframe column menu", "Menu de la colonne"],
    ["Delete row(s)", "Supprimer les lignes"],
    ["Dismiss", "Fermer"],
    ["Distinct", "Valeurs distinctes"],
    ["Dollar", "Dollars"],
    ["Download as CSV", "Télécharger en CSV"],
    ["Drag and drop a file here", "Déposer un fichier ici"],
    ["Duration", "Durée"],
    ["Empty", "Vides"],
    ["Error uploading file", "Le fichier n’a pas pu être envoyé"],
    ["Error:", "Erreur :"],
    ["Euro", "Euros"],
    ["Expand sidebar", "Déplier les filtres"],
    ["Failed to load data", "Les données n’ont pas pu être lues"],
    ["Fullscreen", "Plein écran"],
    ["Hide column", "Masquer la colonne"],
    ["Invalid input.", "Saisie refusée."],
    ["Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:", "Le site ne répond pas. S’il tourne sur cet ordinateur, le relancer :"],
    ["Learn more", "En savoir plus"],
    ["Link to heading", "Lien vers ce titre"],
    ["Localized", "À la française"],
    ["Main menu", "Menu"],
    ["Maximum length", "Longueur maximale"],
    ["Median", "Médiane"],
    ["Minimum length", "Longueur minimale"],
    ["Multiselect options", "Choix"],
    ["Network Error", "Connexion perdue"],
    ["Network error", "Connexion perdue"],
    ["Next Result", "Résultat suivant"],
    ["Next page", "Page suivante"],
    ["No options to select", "Aucun choix"],
    ["No options to select.", "Aucun choix"],
    ["No results", "Aucun résultat"],
    ["Notifications", "Messages"],
    ["Only one file is allowed.", "Un seul fichier à la fois."],
    ["Open", "Ouvrir"],
    ["Page not found", "Page inconnue"],
    ["Pagination", "Pages de la liste"],
    ["Percent", "Pourcentage"],
    ["Pin column", "Figer la colonne"],
    ["Plain", "Sans séparateur"],
    ["Press Enter to apply", "Entrée pour appliquer"],
    ["Press Enter to submit form", "Entrée pour envoyer"],
    ["Previous Result", "Résultat précédent"],
    ["Previous page", "Page précédente"],
    ["Range", "Tranche"],
    ["Reconnected to server.", "Connexion revenue."],
    ["Running...", "En cours…"],
    ["Scientific", "Scientifique"],
    ["Scrollable table", "Tableau à faire défiler"],
    ["Search", "Chercher"],
    ["Select all", "Tout choisir"],
    ["Selectbox options", "Choix"],
    ["Selected values", "Valeurs choisies"],
    ["Show/hide columns", "Choisir les colonnes"],
    ["Sidebar", "Filtres"],
    ["Skip to main content", "Aller au contenu"],
    ["Sort ascending", "Trier par ordre croissant"],
    ["Sort descending", "Trier par ordre décroissant"],
    ["Standard deviation", "Écart type"],
    ["Statistics", "Statistiques"],
    ["Stop", "Arrêter"],
    ["Streamlit server is not responding. Are you connected to the internet?", "Le site ne répond pas. Vérifier la connexion à internet. En danger : 17 ou 114 (SMS)."],
    ["Sum", "Somme"],
    ["Table", "Tableau"],
    ["This field is required.", "À remplir."],
    ["Try again", "Réessayer"],
    ["Type to search", "Taper pour chercher"],
    ["Unable to connect to Streamlit server", "Le site ne répond pas."],
    ["Unexpected error. Please try again.", "Erreur inattendue : réessayer."],
    ["Unpin column", "Libérer la colonne"],
    ["Upload", "Choisir un fichier"],
    ["Values", "Valeurs"],
    ["Vega visualization", "Répartition"],
    ["Yen", "Yens"],
    ["25th percentile", "1er quartile"],
    ["75th percentile", "3e quartile"],
    ["add icon", "Ajouter"],
    ["file upload", "Choisir un fichier"],
    ["number", "nombre"],
    ["text", "texte"],
  ]);
  const NAMES = ["aria-label", "placeholder", "title"];

  function french(text) {
    return (
      FRENCH.get(text) ??
      text
        .replace(/^Remove (.+)$/, "Retirer $1")
        .replace(/^Press (Ctrl|⌘)\+Enter to (?:apply|submit form)$/, "$1 + Entrée pour appliquer")
        .replace(/^Cancel upload of (.+)$/, "Annuler l’envoi de $1")
        .replace(/^File must be (.+)MB or smaller\.$/, "$1 Mo au plus.")
        .replace(/^Page (\d+) of (\d+)$/, "Page $1 sur $2")
        .replace(/^Help for (.+)$/, "Aide : $1")
        .replace(/^(\d+) options? available\.$/, "$1 choix possibles.")
        .replace(/^(\d+) of (\d+) results?$/, "$1 sur $2")
        .replace(/^(\d+) result(s?)$/, "$1 résultat$2")
        .replace(/^Top values frequency chart: /, "Valeurs les plus fréquentes : ")
        .replace(/^binStart: .*; Range: (.+); Count: (\d+)$/, "$1 : $2")
        .replace(/^(\d+)MB per file/, "$1 Mo par fichier")
        .replace(/(^|, )(\d+)\.(\d)([KM]?)B$/, "$1$2,$3 $4o")
        .replace(/^(\S+) files are not allowed\.$/, "Ce fichier n’est pas accepté : $1.")
    );
  }

  function translateAttribute(element, name) {
    const text = element.getAttribute(name);
    const translated = text && french(text);
    if (translated !== text) element.setAttribute(name, translated);
  }

  function translate(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      // The data are shown inside these; Streamlit's own words stand outside.
      const parent = node.parentElement;
      const data = parent?.closest('[data-testid="stMarkdownContainer"], .stHtml, table');
      if (data && !parent.closest('[data-testid="stFileUploaderDropzone"], .stDialog')) return;
      const translated = french(node.data);
      if (translated !== node.data) node.data = translated;
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of NAMES) translateAttribute(node, name);
      for (const child of node.childNodes) translate(child);
      if (node.matches(".fiche")) show(node);
      // Where files are dropped has a name, which needs a role.
      if (node.matches('section[role="presentation"][aria-label]')) node.role = "group";
      // A list of choices opens outside the parts of the page: it is one of its own.
      if (node.matches('[data-trigger="ComboBox"]')) {
        node.role = "region";
        node.ariaLabel = "Choix";
      }
      // A table wider than its place is moved with the keyboard too.
      if (node.matches(".stTable > div")) node.tabIndex = 0;
    }
  }

  /* A sheet that opens takes the focus; on a phone it comes into view. */
  function show(sheet) {
    const title = sheet.querySelector("h2");
    if (!title) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: innerWidth > 640 });
  }

  /* The place chosen takes the focus from what chose it, which is gone; its field, from *Changer*. */
  let awaited = null;
  addEventListener(
    "click",
    (event) => {
      const choice = event.target.closest?.('[class*="st-key-depart_"] button');
      const ends = [".st-key-depart_mots input", ".st-key-depart_place p"];
      awaited = choice && (choice.closest(".st-key-depart_place") ? ends : ends.reverse());
    },
    true,
  );

  function followQuestion() {
    // What is left stays a while beside what comes.
    if (!awaited || document.querySelector(awaited[1])) return;
    const next = document.querySelector(awaited[0]);
    if (!next) return;
    awaited = null;
    if (next.tagName === "P") next.tabIndex = -1;
    next.focus({ preventScroll: true });
  }

  /* Many buttons say the same: each is named after the service of its line. */
  function nameButtons() {
    const places = '[class*="st-key-ajouter_"], [class*="st-key-retirer_"]';
    for (const button of document.querySelectorAll(`:is(${places}) button`)) {
      const line = button.closest(".stHorizontalBlock:not(:has(> .stColumn))");
      const service = line?.querySelector("p") ?? document.querySelector(".fiche h2");
      const name = `${button.textContent} : ${service?.textContent}`;
      if (service && button.getAttribute("aria-label") !== name) button.ariaLabel = name;
    }
  }

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "attributes") translateAttribute(change.target, change.attributeName);
      else if (change.type === "characterData") translate(change.target);
      else change.addedNodes.forEach(translate);
    }
    leadTheKeyboard();
    followQuestion();
    nameButtons();
  }).observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: NAMES,
  });
})();
