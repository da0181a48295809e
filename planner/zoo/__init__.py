"""Reference networks built in code: the shapes of published architectures, without their weights."""
