"""How many small faults in the code do the tests catch?"""
