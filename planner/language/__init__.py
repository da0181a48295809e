"""Language models: their sizes, what a prompt and a step ask for, how fast engines run them and what fits.

A model is read from a configuration, a header or a catalogue (`sources`), counted by hand formulas (`sizes`,
`formats`), put on an engine of a part (`engines`, `rates`) and answered (`answer`). Weights are never read.

In: a file or a name, a part, an engine, users with their prompts.
Out: times, rates, memory and energy as bands with provenance.
"""
