"""The corpus of bad input: made from scratch, a row per case; ``python -m tests.corpus`` runs and measures all."""
