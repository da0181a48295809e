"""Heat and air of a rack, one epoch at a time.

In: power of each device in an epoch, supply air, fans, resistances and heat stores.
Out: temperatures, throttle and shutdown states, fan power and exhaust for the next epoch.
"""
