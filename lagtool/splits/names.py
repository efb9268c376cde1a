"""Which sample a name from outside means: ids, class/id, paths, with or without what lies above the data set."""

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest
from lagtool.pairs import sample_keys


class SampleNames:
    """The names of a manifest's samples, looked up one by one."""

    def __init__(self, manifest: Manifest) -> None:
        samples, self._profile = manifest.samples, manifest.profile
        self._keys: dict[str, int] = {key: row for row, key in enumerate(sample_keys(samples).tolist())}
        paths = samples["image_path"]
        there = paths.notna()
        self._paths: dict[str, int] = dict(
            zip(paths[there].tolist(), there.to_numpy().nonzero()[0].tolist(), strict=True)
        )
        self._ids: dict[str, list[int]] = {}
        for row, name in enumerate(samples["id"].tolist()):
            self._ids.setdefault(name, []).append(row)
        self._suffixes = tuple(manifest.profile.slots["image"].suffixes)

    def find(self, name: str) -> int:
        """Return the position of the sample that ``name`` means.

        It may be ``class/id``, the path of the image (with folders above the data set, if need be), the name of its
        file, or the id; numbers need not be padded. Of these the first that fits counts.

        Raises:
            LagtoolError: It means none, or samples of several classes.
        """
        text = name.strip().replace("\\", "/")
        known = self._keys.get(text, self._paths.get(text))
        if known is not None:
            return known
        *folders, last = [part for part in text.split("/") if part not in ("", ".")] or [""]
        for first in range(len(folders)):
            path = "/".join([*folders[first:], last])
            if path in self._paths:
                return self._paths[path]
        key = self._key(last)
        if key is not None and folders and (known := self._keys.get(f"{folders[-1]}/{key}")) is not None:
            return known
        rows = self._ids.get(key, []) if key is not None and not folders else []
        if len(rows) > 1:
            classes = ", ".join(f"'{full}'" for full, row in self._keys.items() if row in rows)
            raise LagtoolError(f"'{show(name, 80)}' is a sample of several classes: write {classes}")
        if not rows:
            raise LagtoolError(f"no sample is called '{show(name, 80)}': write ids, class/id or paths of images")
        return rows[0]

    def _key(self, name: str) -> str | None:
        if name in self._ids:
            return name
        for suffix in ("", *self._suffixes):
            key = self._profile.key("image", name + suffix)
            if key is not None:
                return key
        return None
