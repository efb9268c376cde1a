"""Exports: the samples of a manifest, its split and its marks, in the form that a training framework reads."""
