"""The table of sites: its cells, the keys of the templates that they override, and what each site asks."""
