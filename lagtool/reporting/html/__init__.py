"""The report: one page that works from disk, made of a manifest, with plots, findings and marks to curate by."""
