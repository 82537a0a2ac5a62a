"""Keeping the list true: check, repair, match, merge, save, and whom to call."""
