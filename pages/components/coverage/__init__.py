"""The parts of Couverture: what is asked, what is answered, and what stands beside the map."""
