"""What both engines share while a rack runs: availability, updates, epoch control, records.

In: a `Rack` and the state at the end of an epoch.
Out: who is in service, clocks and waits of the next epoch, and the records that `counts` reads.
"""
