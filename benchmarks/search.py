"""Compare the search by words with texts folded and searched by `str.contains`.

    uv run python benchmarks/search.py
    uv run python benchmarks/search.py --rows 20000 --repeats 5

80,000 services: those of services.csv again and again, each in a random commune of France with its
name. The peer is what one would write first with pandas, and what Maillage did before: the texts of
a row joined, folded and searched for each word; it folds anew at each search, or once (*folded
before*). Both take turns in one process; the table gives the median processor time. They do not
find the same: the peer finds *violences* for *viol*, and nothing for a misspelled word.

The index is built once for a state of the list: time, and the memory that it adds (RSS).
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from geodata import communes, search  # noqa: E402
from geodata.services import ServiceType, read_services  # noqa: E402
from geodata.text import fold  # noqa: E402

QUERIES = ("femmes", "viol", "avocat samedi", "05 49", "gendarmrie", "maison des femmes", "mo")
FIELDS = ("nom", "structure", "adresse", "code_postal", "commune", "telephone",
          "horaires_precisions", "reseaux", "description")  # fmt: skip


def many(rows: int) -> pd.DataFrame:
    """Return this many services, as `services.read_services` gives them, without points."""
    random = np.random.default_rng(2026)
    listed = pd.DataFrame(read_services(ROOT / "services.csv").services.drop(columns="geometry"))
    halls = communes.read_town_halls()
    made = listed.iloc[random.integers(0, len(listed), rows)].reset_index(drop=True)
    place = halls.iloc[random.integers(0, len(halls), rows)]
    made["commune"] = place["nom"].to_numpy()
    made["departement"] = place["departement"].to_numpy()
    made["nom"] = made["nom"] + " " + made["commune"]
    return made.set_axis([f"s{number}" for number in range(rows)]).rename_axis("id")


def texts_of(services: pd.DataFrame) -> pd.Series:
    labels = services["type"].map({str(kind): kind.label for kind in ServiceType})
    texts = labels.str.cat(services[list(FIELDS)], sep=" ")
    return texts.map({text: fold(text) for text in texts.unique()})


def contains(folded: pd.Series, words: str) -> int:
    has_all = pd.Series(data=True, index=folded.index)
    for word in fold(words).split():
        has_all &= folded.str.contains(word, regex=False)
    return int(has_all.sum())


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def timed(function, *args) -> tuple[float, object]:  # noqa: ANN001, ANN002
    start = time.process_time()
    result = function(*args)
    return 1000 * (time.process_time() - start), result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=80_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    services = many(asked.rows)
    gc.collect()
    before = resident_mb()
    built, index = timed(search.Index, services)
    gc.collect()
    print(
        f"Index of {asked.rows:,} services: {built / 1000:.1f} s, {resident_mb() - before:.0f} MB\n"
    )
    folded = texts_of(services)
    print("| words | found | ours, ms | folded before, ms | ratio | folded anew, ms | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for words in QUERIES:
        ours, peer = [], []
        for _ in range(asked.repeats):
            took, answer = timed(index.search, words)
            ours.append(took)
            peer.append(timed(contains, folded, words)[0])
        anew = timed(lambda words=words: contains(texts_of(services), words))[0]
        mine, theirs = statistics.median(ours), statistics.median(peer)
        print(
            f"| {words} | {len(answer.scores):,} | {mine:.1f} | {theirs:.0f} "
            f"| × {theirs / mine:.0f} | {anew:,.0f} | × {anew / mine:,.0f} |"
        )


if __name__ == "__main__":
    main()
