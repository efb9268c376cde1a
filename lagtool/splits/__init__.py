"""Splits: who trains and who tests, decided by seed and picture content alone."""
