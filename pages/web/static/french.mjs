/* Streamlit's own words, which no option changes, in French. */

// The list's words never match a whole phrase.
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
  [
    "Connection lost. Please wait for the app to reconnect, then try again.",
    "Connexion perdue. Attendre qu’elle revienne, puis réessayer.",
  ],
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
  [
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:",
    "Le site ne répond pas. S’il tourne sur cet ordinateur, le relancer :",
  ],
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
  [
    "Streamlit server is not responding. Are you connected to the internet?",
    "Le site ne répond pas. Vérifier la connexion à internet. En danger : 17 ou 114 (SMS).",
  ],
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

/**
 * Return a text of Streamlit in French; any other text as it is.
 * @param {string} text
 */
export function french(text) {
  return (
    FRENCH.get(text) ??
    text
      .replace(/^Remove (.+)$/, "Retirer $1")
      .replace(/^Press (Ctrl|⌘)\+Enter to (?:apply|submit form)$/, "$1 + Entrée pour appliquer")
      .replace(/^Cancel upload of (.+)$/, "Annuler l’envoi de $1")
      .replace(/^File must be (.+)MB or smaller\.$/, "$1 Mo au plus.")
      .replace(/^Page (\d+) of (\d+)$/, "Page $1 sur $2")
      .replace(/^Help for (.+)$/, "Aide : $1")
      .replace(/^(\d+) option(s?) available\.$/, "$1 choix possible$2.")
      .replace(/^(\d+) of (\d+) results?$/, "$1 sur $2")
      .replace(/^(\d+) result(s?)$/, "$1 résultat$2")
      .replace(/^Top values frequency chart: /, "Valeurs les plus fréquentes : ")
      .replace(/^binStart: .*; Range: (.+); Count: (\d+)$/, "$1 : $2")
      .replace(/^(\d+)MB per file/, "$1 Mo par fichier")
      .replace(/(^|, )(\d+)\.(\d)([KM]?)B$/, "$1$2,$3 $4o")
      .replace(/^(\S+) files are not allowed\.$/, "Ce fichier n’est pas accepté : $1.")
      .replace(/^(?:Error: )?AxiosError: .*status code 413$/, "Fichier trop grand.")
      .replace(
        /^(?:Error: )?AxiosError: .*status code 507$/,
        "Trop de fichiers sont déposés en ce moment : recommencer dans quelques minutes.",
      )
      .replace(/^(?:Error: )?AxiosError: .*$/, "Le fichier n’a pas pu être envoyé : recommencer.")
  );
}
