"""Where datasets lie: a folder on this disk, an archive, or a place that fsspec reaches.

The rest of lagtool speaks to a `Store` and does not know which it is. A folder on this disk keeps its own, fast way.
"""

from lagtool.files.address import hide_secrets, is_tree, is_url
from lagtool.files.opening import as_store, open_store
from lagtool.files.store import Entry, Found, Refused, Store

__all__ = ["Entry", "Found", "Refused", "Store", "as_store", "hide_secrets", "is_tree", "is_url", "open_store"]
