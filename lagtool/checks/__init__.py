"""Checks: short functions over a manifest, listed in one table."""
