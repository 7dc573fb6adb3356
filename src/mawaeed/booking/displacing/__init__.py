"""Whom a change of a centre's days displaces, and to where."""
