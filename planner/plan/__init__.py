"""From estimates and a rack to a decision: which part, how many, what it draws and costs."""
