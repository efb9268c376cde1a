"""Forms in which people keep splits and groups, and what each must be read as, over the ids 0001 to 0010."""

import io
import json
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq


class Form(NamedTuple):
    """A list, and its reading: ids by split, what is remarked on; or the words of its refusal."""

    file: str
    data: str | bytes
    reads: str = ""
    says: str = ""
    refuses: str = ""
    unusable: int = 0
    classes: str = ""


def parquet(**columns: object) -> bytes:
    """Return a Parquet file."""
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def _json(value: object) -> str:
    return json.dumps(value)


_TWO = "train 0003 0001 test 0007"
_ROWS = [
    {"image": "0003.jpg", "split": "train"},
    {"image": "0001.jpg", "split": "train"},
    {"image": "0007.jpg", "split": "test"},
]
_COCO = {
    "info": {"year": 2024, "version": "1"},
    "images": [{"id": 1, "file_name": "0003.jpg", "width": 500}, {"id": 2, "file_name": "0001.jpg", "width": 500}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4]}],
    "categories": [{"id": 1, "name": "glaucoma"}],
}
_DECATHLON = {
    "name": "LAG",
    "description": "fundus",
    "labels": {"0": "normal", "1": "glaucoma"},
    "numTraining": 2,
    "numTest": 1,
    "training": [{"image": "./0003.jpg", "label": 0}, {"image": "./0001.jpg", "label": 0}],
    "test": ["./0007.jpg"],
}

SPLITS: dict[str, Form] = {
    # Row numbers beside names.
    "row numbers called id": Form(
        "s.csv",
        "id,fundus,split\n1,0003.jpg,train\n2,0001.jpg,train\n3,0007.jpg,test\n",
        _TWO,
        "3 names from column fundus, split from column split; not used: id",
    ),
    "row numbers without headings": Form(
        "s.csv",
        "1,0003.jpg,train\n2,0001.jpg,train\n3,0007.jpg,test\n",
        _TWO,
        "column 2, split from column 3; not used: 1",
    ),
    "padded row numbers": Form(
        "s.csv",
        "id,fundus,split\n0001,0003.jpg,train\n0002,0001.jpg,train\n0003,0007.jpg,test\n",
        _TWO,
        "column fundus",
    ),
    "an unnamed index": Form(
        "s.csv", ",image,split\n0,0003.jpg,train\n1,0001.jpg,train\n2,0007.jpg,test\n", _TWO, "column image"
    ),
    "a shuffled index": Form(
        "s.csv", ",image,split\n17,0003.jpg,train\n3,0001.jpg,train\n9,0007.jpg,test\n", _TWO, "column image"
    ),
    "index and Unnamed: 0": Form(
        "s.csv",
        "index,Unnamed: 0,path,split\n5,0,a/0003.jpg,train\n6,1,a/0001.jpg,train\n1,2,a/0007.jpg,test\n",
        _TWO,
        "not used: index, Unnamed: 0",
    ),
    "ids beside other columns": Form(
        "s.csv",
        "age,id,split,fold\n61,0003,train,0\n55,0001,train,1\n40,0007,test,0\n",
        _TWO,
        "3 names from column id, split from column split; not used: age, fold",
    ),
    "id and image that agree": Form(
        "s.csv",
        "id,image,split\n0003,x/0003.jpg,train\n0001,x/0001.jpg,train\n0007,x/0007.jpg,test\n",
        _TWO,
        "column image",
    ),
    "image and mask": Form(
        "s.csv",
        "mask,image,split\nm/0003.png,i/0003.jpg,train\nm/0001.png,i/0001.jpg,train\nm/0007.png,i/0007.jpg,test\n",
        _TWO,
        "column image",
    ),
    "two columns of names that differ": Form(
        "s.csv",
        "left,right,split\n0003.jpg,0004.jpg,train\n0001.jpg,0002.jpg,train\n",
        refuses="left and right both hold names, and name different samples: choose one with --columns name=left",
    ),
    "two texts without a heading": Form(
        "s.csv",
        "alpha,beta,train\ngamma,delta,test\n",
        refuses="columns 1 and 2 may both hold the names: choose one with --columns name=1",
    ),
    # Plain numbers.
    "numbers without headings": Form(
        "s.csv",
        "1,train\n2,train\n3,test\n",
        refuses="column 1 may be ids or positions in a list (1, 2, 3, ...)",
    ),
    "ids without zeros": Form("s.csv", "id,split\n3,train\n1,train\n7,test\n", _TWO, "without all leading zeros"),
    "ids as floats": Form("s.csv", "id,split\n3.0,train\n1.0,train\n7.0,test\n", _TWO),
    "ids as floats with an exponent": Form("s.csv", "id,split\n3e0,train\n1.0,train\n7,test\n", _TWO),
    "ids as floats in JSON Lines": Form(
        "s.jsonl", '{"id": 3.0, "split": "train"}\n{"id": 1.0, "split": "train"}\n{"id": 7.0, "split": "test"}\n', _TWO
    ),
    "ids as float64": Form(
        "s.parquet",
        parquet(id=[3.0, 1.0, 7.0, None], split=["train", "train", "test", "test"]),
        _TWO,
        "1 row not used: no name (first: s.parquet row 4)",
        unusable=1,
    ),
    "positions from 0 called id": Form(
        "s.csv", "id,split\n0,train\n1,train\n2,test\n", refuses="may be ids or positions"
    ),
    "positions called index": Form(
        "s.csv", "index,split\n3,train\n1,train\n7,test\n", refuses="may be ids or positions"
    ),
    "positions of KFold": Form(
        "s.json",
        _json([{"train": [0, 2], "test": [1]}, {"train": [0, 1], "test": [2]}]),
        refuses="its names may be ids or positions in a list (0, 2, 1, ...): say --columns name=1",
    ),
    "positions that may be ids": Form(
        "s.json", _json({"train": [3, 1], "test": [7]}), refuses="may be ids or positions"
    ),
    "train_indices": Form(
        "s.json", _json({"train_indices": [3, 1], "val_indices": [7]}), refuses="may be ids or positions"
    ),
    "numbers beyond any position": Form(
        "s.json", _json({"train": [11, 4], "test": [12]}), refuses="may be ids or positions"
    ),
    "numbers as texts": Form("s.json", _json({"train": ["3", "1"], "test": ["7"]}), _TWO, "leading zeros"),
    "padded numbers": Form("s.json", _json({"train": ["0003", "0001"], "test": ["0007"]}), _TWO),
    "a positional list as text": Form("train.txt", "3\n1\n", refuses="may be ids or positions"),
    # Folds and indicators.
    "kfold in train_folds": Form(
        "train_folds.csv",
        "image_id,kfold\n0001,0\n0002,1\n0003,0\n",
        "fold0 0001 0003 fold1 0002",
        "split from column kfold",
    ),
    "fold_id": Form(
        "train.csv",
        "image_id,fold_id\n0001,0\n0002,1.0\n0003,0\n",
        "fold0 0001 0003 fold1 0002",
        "split from column fold_id",
    ),
    "folds with a hole": Form(
        "s.csv",
        "image,fold\n0001.jpg,0\n0002.jpg,1\n0003.jpg,-1\n0004.jpg,\n",
        "fold0 0001 fold1 0002",
        "2 rows not used: no split (first: s.csv line 4)",
        unusable=2,
    ),
    "train_folds without folds": Form(
        "train_folds.csv", "image\n0001.jpg\n", refuses="cannot tell which split it lists"
    ),
    "is_train": Form(
        "s.csv",
        "image,is_train\n0003.jpg,1\n0001.jpg,1\n0007.jpg,0\n",
        "train 0003 0001 not-train 0007",
        "split from column is_train",
    ),
    "is_valid": Form(
        "s.csv",
        "image,is_valid,label\n0003.jpg,False,0\n0001.jpg,False,0\n0007.jpg,True,1\n",
        "train 0003 0001 valid 0007",
        classes="001",
    ),
    "a flag per split": Form(
        "s.csv",
        "image,train,val,test\n0003.jpg,1,0,0\n0001.jpg,1,0,0\n0007.jpg,0,0,1\n",
        _TWO,
        "split from columns train, val, test",
    ),
    "a True per split, twice": Form(
        "s.csv",
        "image,train,test\n0003.jpg,True,False\n0001.jpg,True,True\n0007.jpg,False,True\n",
        "train 0003 test 0007",
        "1 row not used: several splits",
        unusable=1,
    ),
    "Usage": Form(
        "s.csv",
        "id_code.jpg,Usage\n".replace("id_code.jpg", "filename") + "0003.jpg,Public\n0001.jpg,Private\n",
        "Public 0003 Private 0001",
    ),
    "splits by several columns": Form(
        "s.csv",
        "image,split_1,split_2\n0003.jpg,train,test\n0001.jpg,test,train\n",
        refuses="columns split_1 and split_2 both hold splits, and differ: choose one with --columns split=split_1",
    ),
    "a column of names per split": Form(
        "splits_0.csv",
        ",train,val,test\n0,0003.jpg,0002.jpg,0007.jpg\n1,0001.jpg,,\n",
        "train 0003 0001 val 0002 test 0007",
        "split from columns train, val, test",
    ),
    "an unknown heading for the split": Form(
        "s.csv", "image,purpose\n0003.jpg,train\n0001.jpg,train\n0007.jpg,test\n", _TWO, "split from column purpose"
    ),
    "a set A and B": Form(
        "s.csv",
        "Filename,ExpCDR,Eye,Set,Glaucoma\n0003.jpg,0.7,OD,A,0\n0007.jpg,0.6,OS,B,1\n",
        "A 0003 B 0007",
        "class from column Glaucoma; not used: ExpCDR, Eye",
        classes="01",
    ),
    # Dialects of text.
    "fundus, types, split": Form(
        "s.csv",
        "fundus,types,split\n0003.jpg,0,train\n0001.jpg,0,train\n0007.jpg,1,test\n",
        _TWO,
        "class from column types",
        classes="001",
    ),
    "lists as text": Form(
        "test.csv",
        "image,atributes,categories\n07_LAG/0003.jpg,[],['normal']\n07_LAG/0007.jpg,[],['glaucoma']\n",
        "test 0003 0007",
        "not used: atributes",
        classes="01",
    ),
    "sep=;": Form(
        "s.csv",
        "sep=;\nimage;cdr;split\n0003.jpg;0,75;train\n0001.jpg;0,5;train\n0007.jpg;0,9;test\n",
        _TWO,
        "not used: cdr",
    ),
    "quoted decimals": Form(
        "s.csv",
        'image,cdr,split\n0003.jpg,"0,75",train\n0001.jpg,"0,5",train\n0007.jpg,"0,9",test\n',
        _TWO,
        "not used: cdr",
    ),
    "lines of remarks": Form(
        "s.csv", "# made by hand\nimage,split\n0003.jpg,train\n# a remark, here\n0001.jpg,train\n0007.jpg,test\n", _TWO
    ),
    "UTF-16": Form(
        "s.csv", "image\tsplit\r\n0003.jpg\ttrain\r\n0001.jpg\ttrain\r\n0007.jpg\ttest\r\n".encode("utf-16"), _TWO
    ),
    "UTF-16 without its mark": Form(
        "s.csv", "image,split\n0003.jpg,train\n0001.jpg,train\n0007.jpg,test\n".encode("utf-16-le"), _TWO
    ),
    "more cells than headings": Form(
        "s.csv",
        "image,split\n0003.jpg,train\n0001.jpg,train,x\n0007.jpg,test\n",
        "train 0003 test 0007",
        "1 row not used: more cells than the 2 headings (first: s.csv line 3)",
        unusable=1,
    ),
    "a name that is missing": Form(
        "s.csv",
        "image,split\n0003.jpg,train\n,train\n0007.jpg,test\n",
        "train 0003 test 0007",
        "1 row not used: no name",
        unusable=1,
    ),
    "NaN for a split": Form(
        "s.csv",
        "image,split\n0003.jpg,train\n0001.jpg,NaN\n0007.jpg,test\n",
        "train 0003 test 0007",
        "no split (first: s.csv line 3)",
        unusable=1,
    ),
    "path and label": Form("train.txt", "/data/0003.jpg 0\n/data/0007.jpg 1\n", "train 0003 0007", classes="01"),
    "path, tab, label": Form("val.lst", "0003.jpg\t0\n0007.jpg\t1\n", "val 0003 0007", classes="01"),
    "sums of files": Form("test.txt", "a" * 64 + "  non_glaucoma/image/0003.jpg\n", "test 0003", classes="0"),
    "Windows paths": Form("test.txt", "D:\\LAG\\0003.JPG\r\nD:\\LAG\\0007.JPG\r\n", "test 0003 0007"),
    "another dataset's paths": Form(
        "test.txt", "06_ORIGA/Images/001.jpg\n06_ORIGA/Images/0003.jpg\nLAG/0007.jpg\n", "test ? ? 0007"
    ),
    "a path that says nothing, another width": Form("test.txt", "clinic/001.jpg\nimages/7.jpg\n", "test ? 0007"),
    # JSON.
    "the JSON that circulates": Form(
        "s.json",
        _json({"train": {"0": ["0003.jpg"], "unlabeled": {"0": ["0001.jpg"]}}, "test": {"1": ["0007.jpg"]}}),
        "train 0003 train-unlabeled 0001 test 0007",
        classes="001",
    ),
    "ImageFolder.samples": Form(
        "s.json",
        _json({"train": [["a/0003.jpg", 0], ["a/0001.jpg", 0]], "test": [["a/0007.jpg", 1]]}),
        _TWO,
        classes="001",
    ),
    "CoOp": Form(
        "s.json",
        _json(
            {
                "train": [["0003.jpg", 0, "normal"], ["0001.jpg", 0, "normal"]],
                "val": [],
                "test": [["0007.jpg", 1, "glaucoma"]],
            }
        ),
        _TWO,
        classes="001",
    ),
    "images and labels": Form(
        "s.json",
        _json(
            {
                "train": {"images": ["0003.jpg", "0001.jpg"], "labels": [0, 0]},
                "test": {"images": ["0007.jpg"], "labels": [1]},
            }
        ),
        _TWO,
        "3 names from column images",
        classes="001",
    ),
    "X_train and y_train": Form(
        "s.json",
        _json({"X_train": ["0003.jpg", "0001.jpg"], "y_train": [0, 0], "X_test": ["0007.jpg"], "y_test": [1]}),
        _TWO,
        classes="001",
    ),
    "sizes beside names": Form(
        "s.json",
        _json({"sizes": {"train": 2, "test": 1}, "seed": 7, "train": ["0003.jpg", "0001.jpg"], "test": ["0007.jpg"]}),
        _TWO,
        "not used: sizes",
    ),
    "Decathlon": Form("dataset.json", _json(_DECATHLON), "training 0003 0001 test 0007", classes="00"),
    "records": Form("s.json", _json(_ROWS), _TWO, "3 names from column image, split from column split"),
    "records below a key": Form("s.json", _json({"version": 2, "data": _ROWS}), _TWO),
    "columns": Form(
        "s.json",
        _json(
            {
                "image": {"0": "0003.jpg", "1": "0001.jpg", "2": "0007.jpg"},
                "split": {"0": "train", "1": "train", "2": "test"},
            }
        ),
        _TWO,
        "not used: key",
    ),
    "index": Form("s.json", _json({str(n): row for n, row in enumerate(_ROWS)}), _TWO, "column image"),
    "index that is the id": Form(
        "s.json",
        _json({"0003": {"split": "train"}, "0001": {"split": "train"}, "0007": {"split": "test"}}),
        _TWO,
        "column key",
    ),
    "columns, index and data": Form(
        "s.json",
        _json({"columns": ["image", "split"], "index": [0, 1, 2], "data": [[*row.values()] for row in _ROWS]}),
        _TWO,
        "column image",
    ),
    "a mapping": Form(
        "s.json",
        _json({row["image"]: row["split"] for row in _ROWS}),
        _TWO,
        "names from column key, split from column value",
    ),
    "a mapping in each split": Form(
        "s.json", _json({"train": {"0003.jpg": 0, "0001.jpg": 0}, "test": {"0007.jpg": 1}}), _TWO
    ),
    "COCO": Form("train.json", _json(_COCO), "train 0003 0001", "2 names from column file_name"),
    "COCO with another order of keys": Form(
        "train.json", _json({key: _COCO[key] for key in reversed(_COCO)}), "train 0003 0001", "not used: "
    ),
    "names that no key puts into a split": Form(
        "s.json",
        _json({"train": ["0003.jpg", "0001.jpg"], "test": ["0007.jpg"], "excluded": ["0005.jpg"]}),
        _TWO,
        "not used: excluded",
    ),
    "classes beside names": Form(
        "s.json",
        _json({"classes": ["normal", "glaucoma"], "train": ["0003.jpg", "0001.jpg"], "test": ["0007.jpg"]}),
        _TWO,
        "not used: classes",
    ),
    "a null among names": Form(
        "s.json",
        _json({"train": ["0003.jpg", None, "0001.jpg"], "test": ["0007.jpg"]}),
        _TWO,
        "1 row not used: no name (first: s.json at train[1])",
        unusable=1,
    ),
    "dataset_infos": Form(
        "dataset_infos.json",
        _json(
            {
                "default": {
                    "splits": {"train": {"name": "train", "num_bytes": 12, "num_examples": 3}},
                    "download_size": 5,
                }
            }
        ),
        refuses="dataset_infos.json",
    ),
    "an export's record": Form(
        "lagtool-export.json",
        _json({"kind": "lagtool export", "parts": {"train": 27}, "files": ["samples.csv"]}),
        refuses="lagtool-export.json",
    ),
    "metadata of Hugging Face": Form(
        "metadata.csv",
        "file_name,label,split\n0003.jpg,0,train\n0001.jpg,0,train\n0007.jpg,1,test\n",
        _TWO,
        classes="001",
    ),
    "images of Hugging Face": Form(
        "test-00000-of-00001.parquet",
        parquet(image=[{"bytes": b"x", "path": "0003.jpg"}], label=[0]),
        "test 0003",
        classes="0",
    ),
    "categories in Parquet": Form(
        "s.parquet",
        parquet(
            image=["0003.jpg", "0001.jpg", "0007.jpg"], split=pa.array(["train", "train", "test"]).dictionary_encode()
        ),
        _TWO,
    ),
    "several names in a record": Form(
        "s.json",
        _json(
            [
                {"patient": "P1", "images": ["0003.jpg", "0001.jpg"], "split": "train"},
                {"patient": "P2", "images": ["0007.jpg"], "split": "test"},
            ]
        ),
        _TWO,
        "not used: patient",
    ),
    "G1020": Form(
        "train.csv",
        "imageID,binaryLabels\n0003.jpg,0\n0007.jpg,1\n",
        "train 0003 0007",
        "class from column binaryLabels",
        classes="01",
    ),
    "AIROGS": Form("train_labels.csv", "challenge_id,class\n0003,NRG\n0007,RG\n", "train 0003 0007", classes="01"),
    "a pickle": Form("s.pkl", b"\x80\x04N.", refuses="a pickle can run programs"),
    "arrays of numpy": Form("s.npz", b"PK", refuses="numpy.savetxt"),
    "a spreadsheet": Form("s.xlsx", b"PK", refuses="save the sheet as 'CSV UTF-8'"),
}

GROUPS: dict[str, Form] = {
    "row numbers, names, patients": Form(
        "g.csv",
        "id,fundus,patient\n1,0003.jpg,a\n2,0001.jpg,a\n3,0007.jpg,b\n",
        "a 0001 0003 b 0007",
        "3 names from column fundus, group from column patient; not used: id",
    ),
    "the patient first": Form("g.csv", "patient_id,image_id\na,0003\na,0001\nb,0007\n", "a 0001 0003 b 0007"),
    "the patient first, no headings": Form("g.csv", "a,0003.jpg\na,0001.jpg\nb,0007.jpg\n", "a 0001 0003 b 0007"),
    "missing patients": Form(
        "g.csv",
        "image,patient\n0003.jpg,a\n0001.jpg,a\n0007.jpg,NA\n0002.jpg,nan\n0004.jpg,unknown\n0005.jpg,-\n0006.jpg,\n",
        "a 0001 0003",
        "5 names without a group",
    ),
    "patients as floats": Form(
        "g.csv", "image,patient\n0003.jpg,1.0\n0001.jpg,1\n0007.jpg,2.0\n", "1 0001 0003 2 0007"
    ),
    "eyes for groups": Form(
        "g.csv", "image,eye\n0003.jpg,OD\n0001.jpg,OS\n", refuses="has no column for the group: eye says only which eye"
    ),
    "two columns, left and right": Form("g.csv", "0003.jpg,L\n0001.jpg,R\n", refuses="has no column for the group"),
    "patient and eye": Form(
        "g.csv",
        "image,patient,eye\n0003.jpg,a,OD\n0001.jpg,a,OS\n0007.jpg,b,OD\n",
        "a 0001 0003 b 0007",
        "both eyes of a group stay together",
    ),
    "patient and group of the patient": Form(
        "g.csv",
        "image,patient,group\n0003.jpg,a,x\n0001.jpg,b,x\n0007.jpg,c,y\n",
        "x 0001 0003 y 0007",
        "group from column group",
    ),
    "groups that cross": Form(
        "g.csv",
        "image,patient,family\n0003.jpg,a,x\n0001.jpg,a,y\n0007.jpg,b,y\n",
        refuses="columns patient and family both hold groups",
    ),
    "numbers and patients": Form("g.csv", "1,P1\n2,P1\n3,P2\n", refuses="column 1 may be ids or positions"),
    "a label for groups": Form(
        "g.csv", "fundus,types\n0003.jpg,0\n0001.jpg,0\n0007.jpg,1\n", refuses="has no column for the group"
    ),
    "a split for groups": Form(
        "g.csv", "image,split\n0003.jpg,train\n0001.jpg,train\n0007.jpg,test\n", refuses="has no column for the group"
    ),
    "UTF-16 groups": Form("g.csv", "image;patient\n0003.jpg;a\n0001.jpg;a\n".encode("utf-16"), "a 0001 0003"),
    "JSON by patient": Form(
        "g.json",
        _json({"p1": ["0003.jpg", "0001.jpg"], "p2": ["0007.jpg"]}),
        "p1 0001 0003 p2 0007",
        "group from the keys",
    ),
    "names and patients in a mapping": Form("g.json", _json({"0003.jpg": "a", "0001.jpg": "a"}), "a 0001 0003"),
    "Parquet groups": Form("g.parquet", parquet(image=["0003.jpg", "0001.jpg"], patient=[1.0, 1.0]), "1 0001 0003"),
}
