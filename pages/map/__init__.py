"""The map and the files that the browser draws it from."""
