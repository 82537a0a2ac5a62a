"""What the page Annuaire alone shows."""
