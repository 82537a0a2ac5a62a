"""What the page Couverture alone shows."""
