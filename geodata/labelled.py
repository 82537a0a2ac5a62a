"""Enumerations whose members know how people read them."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """Members written `NAME = value, label`: the value is what files and addresses hold."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member of its value and of what people read.

        `label` has a default for mypy alone, which reads `Sector("sante")` as a call of this.
        """
        if not label:
            raise TypeError(f"{value} has no label")
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
