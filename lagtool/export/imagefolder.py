"""ImageFolder: a folder per part, in it one per class, in it the images; maps in a tree of their own beside them."""

from lagtool.export.files import list_entries, place_files
from lagtool.export.job import Job, Written
from lagtool.export.lists import list_table, table_csv
from lagtool.export.options import Maps
from lagtool.export.plan import folder_numbers

_LOADING = """The images lie in `PART/CLASS/NAME`, as `torchvision.datasets.ImageFolder` and Keras'
`image_dataset_from_directory` read them{maps}. `samples.csv` says which file (`file`{map_file}) is which sample.

```python
from torchvision.datasets import ImageFolder

data = ImageFolder("{part}")  # data.class_to_idx == {index}
```

Give readers the folder of a part, not this one{trap}.
"""


def write_imagefolder(job: Job) -> Written:
    """Write ``PART/CLASS/NAME.jpg``, ``attention_map/PART/CLASS/NAME.jpg`` and ``samples.csv``."""
    samples = job.plan.samples
    places = (samples["part"] + "/" + samples["class_folder"] + "/" + samples["name"]).tolist()
    for part in job.plan.parts:
        for class_ in job.plan.classes:  # also those without samples: all parts number classes alike
            (job.folder / part / class_.folder).mkdir(parents=True)
    entries = list_entries(job, places, [f"attention_map/{place}" for place in places])
    mode = place_files(job, entries)
    with_maps = job.maps is not Maps.NONE
    files: dict[str, list[str | None]] = {"file": [entry.image for entry in entries]}
    files |= {"map_file": [entry.map for entry in entries]} if with_maps else {}
    (job.folder / "samples.csv").write_bytes(table_csv(list_table(samples, job.maps, **files)))
    index = folder_numbers(job.plan)
    loading = _LOADING.format(
        maps=", the attention maps in `attention_map/PART/CLASS/NAME`" if with_maps else "",
        map_file=", `map_file`" if with_maps else "",
        part=job.plan.parts[0],
        index=index,
        trap=": they would take the maps for images" if with_maps else "",
    )
    if any(index[c.folder] != c.label for c in job.plan.classes):
        loading += (
            "\nNote: readers number the folders by their names; `label` in `samples.csv` is that of the data set.\n"
        )
    return Written(loading, mode=mode.value)
