"""Schemas of `hardware_db/language`: models, engines that run them, parts beside the database, the fit."""
