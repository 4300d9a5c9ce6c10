"""Passes that make generated code what a person would write; each keeps what it computes."""
