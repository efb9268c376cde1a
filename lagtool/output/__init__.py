"""Safe writing: a file or folder appears whole or not at all, and only what is ours is replaced."""
