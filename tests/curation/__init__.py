"""Tests of marks on samples."""
