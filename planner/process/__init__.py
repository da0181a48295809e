"""How a run of planner ends: by signals and limits, with its children and its temporary folders.

Also processes that work for others (`workers.py`, `tasks.py`), each with limits of its own.

In: limits of time and memory, tasks, files that are to be kept.
Out: answers of children, exit statuses, folders that are gone afterwards.
"""
