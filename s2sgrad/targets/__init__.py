"""From the intermediate representation to functions that run."""
