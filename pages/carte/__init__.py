"""What the page Carte alone shows."""
