import assert from "node:assert/strict";
import { test } from "node:test";
import { french } from "../../pages/web/static/french.mjs";

for (const [english, expected] of [
  ["Choose an option", "Choisir"],
  ["Remove Vienne", "Retirer Vienne"],
  ["Press Ctrl+Enter to apply", "Ctrl + Entrée pour appliquer"],
  ["Press ⌘+Enter to submit form", "⌘ + Entrée pour appliquer"],
  ["Page 2 of 14", "Page 2 sur 14"],
  ["1 option available.", "1 choix possible."],
  ["12 options available.", "12 choix possibles."],
  ["3 of 12 results", "3 sur 12"],
  ["1 result", "1 résultat"],
  ["12 results", "12 résultats"],
  ["200MB per file • CSV", "200 Mo par fichier • CSV"],
  ["12.5KB", "12,5 Ko"],
  ["liste.csv, 1.0MB", "liste.csv, 1,0 Mo"],
  ["File must be 20MB or smaller.", "20 Mo au plus."],
  ["Error: AxiosError: Request failed with status code 413", "Fichier trop grand."],
  [
    "Error: AxiosError: Request failed with status code 507",
    "Trop de fichiers sont déposés en ce moment : recommencer dans quelques minutes.",
  ],
  ["AxiosError: Network Error", "Le fichier n’a pas pu être envoyé : recommencer."],
  [".exe files are not allowed.", "Ce fichier n’est pas accepté : .exe."],
]) {
  test(`${english} is ${expected}`, () => assert.equal(french(english), expected));
}

test("the words of the list stay as they are", () => {
  for (const text of ["", "Le Refuge", "Open Source et Cie", "Page blanche", "Vienne", "114", "result"]) {
    assert.equal(french(text), text);
  }
});
