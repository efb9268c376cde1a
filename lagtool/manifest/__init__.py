"""The manifest: one value that carries everything that is known of a dataset."""
