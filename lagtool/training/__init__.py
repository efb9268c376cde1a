"""Samples one by one, decoded and ready to be trained on: `SampleSet`, without any framework."""

from lagtool.training.files import ALL, Check
from lagtool.training.samples import Sample, SampleSet, Size

__all__ = ["ALL", "Check", "Sample", "SampleSet", "Size"]
