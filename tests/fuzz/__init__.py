"""Fuzzing of everything that reads what strangers wrote; ``python -m tests.fuzz --help``, and docs/robustness.md."""
