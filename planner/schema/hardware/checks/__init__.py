"""Schemas of `hardware_db/checks`: rules that parts are compared with."""
