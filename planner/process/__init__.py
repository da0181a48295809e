"""How a run of planner ends: by signals and limits, with its children and its temporary folders."""
