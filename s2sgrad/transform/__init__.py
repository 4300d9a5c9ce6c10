"""The program rewritten: resolved for its kinds, in single assignment, differentiated."""
