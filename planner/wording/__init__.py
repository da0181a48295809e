"""What the planner says, by name: a catalog of sentences per language, and text that can change language.

In: the name of a sentence and parts that are rounded and carry their unit.
Out: text. `message` makes English text that a report can say again in another language; `Wording` is one
language. Sentences are in `en` and `zh`, translations of the database's own text in `database.zh.yaml`.
"""
