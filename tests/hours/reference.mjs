// The OSM reference library at work: texts and windows in, intervals out, as JSON.
// Run by tests/test_hours_reference.py and benchmarks/hours.py with TZ=Europe/Paris.
import fs from "node:fs";
import OpeningHours from "opening_hours";

// Zone C for school holidays, national public holidays.
const place = { lat: 48.85, lon: 2.35, address: { country_code: "fr", state: "Île-de-France" } };

const two = (number) => String(number).padStart(2, "0");
const local = (date) =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}` +
  `T${two(date.getHours())}:${two(date.getMinutes())}`;

const { texts, windows, warm } = JSON.parse(fs.readFileSync(0, "utf8"));

function intervals(text) {
  try {
    const hours = new OpeningHours(text, place, { mode: 0, locale: "fr" });
    return windows.flatMap(([from, to]) =>
      hours
        .getOpenIntervals(new Date(`${from}T00:00`), new Date(`${to}T00:00`))
        .map(([start, end, unknown]) => [local(start), local(end), unknown ? 2 : 1]),
    );
  } catch (error) {
    return String(error).slice(0, 200);
  }
}

if (warm) texts.slice(0, 200).forEach(intervals);
const started = performance.now();
const answers = texts.map(intervals);
process.stdout.write(JSON.stringify({ seconds: (performance.now() - started) / 1000, answers }));
