"""From files to a manifest: probing every file, reusing earlier rows, resuming, and verifying every byte."""
