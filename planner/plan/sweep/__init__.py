"""One question at many points: a design over a scenario's keys, answered point by point and kept."""
