"""A plan from a short question: what is asked, what a template adds, the scenario that says both."""
