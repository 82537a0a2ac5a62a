"""The part of the list that anybody may copy: what programs and other sites are given."""

from dataclasses import replace

from geodata import fact_sources
from geodata.services import COLUMNS, Confidentiality, ServiceType
from pages.shared.service_list import ServiceList, cached

_KEPT = {*COLUMNS, "geometry", "approximatif", fact_sources.ATTACHED}


@cached(max_entries=4)
def public_rows(listed: ServiceList) -> ServiceList:
    """Return the list without any row whose place is not public, shelters, and further columns.

    Published data is copied at once and cannot be withdrawn: no shelter is given, even one declared
    public, nor a column that Maillage does not know. Rows are in the order of their ids. Whatever
    is computed from this list (words found, counts, measures) cannot depend on another row.
    """
    services = listed.services
    kept = services["confidentialite"] == Confidentiality.PUBLIC
    kept &= services["type"] != ServiceType.HEBERGEMENT
    known = [name for name in services.columns if name in _KEPT]
    public = services.loc[kept, known].sort_index()
    reading = replace(listed.reading, services=public, problems=())
    return replace(listed, reading=reading, signature=f"{listed.signature} public")
