"""Curation: marks on single samples, kept in a file beside the dataset, which itself is never touched."""
