"""Renderers: a value in, a string out; nothing here prints or writes."""
