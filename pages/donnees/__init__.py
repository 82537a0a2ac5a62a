"""The public rows of the list for other programs: by address, with the filters of the pages."""
