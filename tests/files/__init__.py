"""Datasets in archives and behind URLs: the same rows, the same findings, and nothing followed out of them."""
