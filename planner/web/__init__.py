"""The local page: drop a network, turn settings, get a plan; in a browser of this machine.

In: requests of one's own browser.
Out: pages made here, with numbers of `planner.api` that processes of their
own work out. Nothing is loaded from elsewhere and nothing is sent there.
"""
