"""From estimates and a rack to a decision: which part, how many, what it draws and costs.

In: a scenario file.
Out: options sized in closed form (`sizing`), the best one simulated (`study`), what it costs (`money`,
`cost`), how full the rack may be (`density`), mistakes that the plan makes (`pitfalls`), a question at many
points (`sweep`), and all of it as one JSON record (`record`).
"""
