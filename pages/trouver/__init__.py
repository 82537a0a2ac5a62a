"""What the page Trouver alone shows."""
