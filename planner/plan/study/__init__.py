"""The whole answer to a scenario.

In: a `ScenarioFile`.
Out: a `Study`: all options, the simulated rack of the chosen one, and everything that a report shows.
"""
