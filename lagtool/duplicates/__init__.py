"""Likeness: copies, mirror images and photographs of the same eye, and the groups that they make."""
