"""Curation: marks on single samples, kept in a file beside the data set, which itself is never touched."""
