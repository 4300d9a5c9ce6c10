"""The intermediate representation: nodes, names and the printer."""
