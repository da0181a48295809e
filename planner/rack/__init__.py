"""One rack of identical devices: described as a value, run as events, counted from records.

In: a `Rack` (`description`) with devices, streams, air and rules.
Out: a `RackResult`: latencies with intervals, verdicts, power, heat, and residuals of laws. `arrivals` draws
the requests, `compiled` and `reference` are two engines with one meaning, `heat` and `run` move the slow
clock, `counts` makes answers of it; `studies` asks further questions.
"""
