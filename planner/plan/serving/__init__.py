"""A scenario served for real on this machine, beside what is simulated of it."""
