"""What Maillage knows about places, hours and services. Usable without the app, in a notebook."""
