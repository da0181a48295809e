"""What the streams ask of the devices, in closed form, and who serves what.

In: a `Rack`.
Out: servers, queues and lanes by number; service times, offered utilisation, expected waits.
"""
