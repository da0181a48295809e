"""One rack of identical devices: described as a value, run as events, counted from records."""
