"""What is printed: the sheet to hand over, posters and cards, the report, a network's sheet."""
