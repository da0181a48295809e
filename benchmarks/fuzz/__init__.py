"""Damaged and hostile input for every way into planner: networks, scenarios, profiles, command lines."""
