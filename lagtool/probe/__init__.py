"""Looking into one file: damage is recorded, never raised."""
