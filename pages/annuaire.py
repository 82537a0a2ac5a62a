"""Annuaire: the state of the list, and every problem its file holds."""

from pages.components import data, health

listed = data.load()
health.summary(listed.reading.services)
health.by_type(listed.reading.services)
health.problems(listed.reading.problems)
