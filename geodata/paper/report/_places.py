"""Where names of towns stand on a map."""

from collections.abc import Iterable
from typing import Final

from geodata.paper import _report_map
from geodata.paper.report._blocks import Map

_TOWNS, _TOWNS_ON_SMALL = 10, 4
_SIGN_MM: Final = (12, 3.2)
_LETTER_MM: Final = 1.8
_LINE_MM: Final = 4.2


def towns(block: Map) -> list[tuple[str, float, float]]:
    """Return names of towns and where they stand on the plan: no two on one another.

    A name that would hide a service stands a little higher or lower, where there is room.
    """
    factor = block.height / block.plan.height
    most = _TOWNS if factor == 1 else _TOWNS_ON_SMALL
    signs = [(x, y, *_SIGN_MM) for x, y in _report_map.dots(block.plan, block.services)]
    placed: list[tuple[str, float, float]] = []
    for name, x, y in _report_map.named(block.plan, factor=factor, most=most):
        names = [
            (other, at, _LETTER_MM * (len(name) + len(far)) / 2, _LINE_MM)
            for far, other, at in placed
        ]
        heights = [y + step * _SIGN_MM[1] / factor for step in (0, 1, -1, 2, -2)]
        free = [at for at in heights if _is_free(x, at, names, factor)]
        if free:
            best = next((at for at in free if _is_free(x, at, signs, factor)), free[0])
            placed.append((name, x, best))
    return placed


def _is_free(
    x: float, y: float, taken: Iterable[tuple[float, float, float, float]], factor: float
) -> bool:
    """Return whether a place is away from others, each with how wide and tall it is on paper."""
    return not any(
        factor * abs(other - x) < wide and factor * abs(at - y) < tall
        for other, at, wide, tall in taken
    )
