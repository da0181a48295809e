"""Schema of FLEET.yaml: a table of sites over scenario templates, and what one decision for all rests on."""
