"""What the page Permanences alone shows."""
