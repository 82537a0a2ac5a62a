"""Small lists for tests, as the bytes of CSV files."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import datetime

from geodata.services import COLUMNS, Reading, read_services
from pages.shared.service_list import PARIS, ServiceList

CIVRAY = {"code_postal": "86400", "commune": "Civray", "code_insee": "86078"}
HEADER = tuple(column for column in COLUMNS if column != "departement")

HOSTILE = [
    "{{ 1/0 }}",
    "{% raw %}",
    "${alert(1)}",
    "`+alert(1)+`",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '"><svg onload=alert(1)>\u2028\\u007b\\',
    "=cmd|' /C calc'!A0",
    "javascript:alert(1)",
    "[x](javascript:alert(1)) ![y](https://ailleurs.example/z.png) :material/home: $x$",
]
"""Texts that run, break out or are computed where they are not taken as plain text."""


def row(key: str = "86-mds-civray", **cells: str) -> dict[str, str]:
    """Return a valid row with the given changes."""
    return {"id": key, "nom": "MDS de Civray", "type": "mds", "source": "Département"} | cells


def content(
    rows: Iterable[Mapping[str, str]], *, columns: Iterable[str] = (), encoding: str = "utf-8"
) -> bytes:
    """Write rows as a CSV file."""
    written = list(rows)
    names = list(columns) or list(dict.fromkeys([*HEADER, *(name for r in written for name in r)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(written)
    return text.getvalue().encode(encoding)


def read(*rows: Mapping[str, str]) -> Reading:
    """Read these rows as the application does."""
    return read_services(io.BytesIO(content(rows)))


def listed(*rows: Mapping[str, str]) -> ServiceList:
    """Return these rows in the form that pages receive."""
    file = content(rows)
    state = ("liste.csv", 0, 0, len(file))
    signature = hashlib.sha256(file).hexdigest()
    return ServiceList(read_services(io.BytesIO(file)), signature, datetime.now(PARIS), state)
