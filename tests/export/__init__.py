"""Tests of lagtool.export."""
