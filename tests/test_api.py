"""The public names mean the same, whatever was imported before."""

import pkgutil
import subprocess
import sys

import pytest

import lagtool

ASK = "print([name for name in lagtool.__all__ if name != '__version__' and not callable(getattr(lagtool, name))])"


def _ask(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", f"{code}\n{ASK}"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_no_public_name_is_also_a_module() -> None:
    assert not set(lagtool.__all__) & {module.name for module in pkgutil.iter_modules(lagtool.__path__)}


def test_public_names_stay_what_they_are() -> None:
    assert _ask("import lagtool") == "[]"
    assert _ask("import lagtool\nfor name in lagtool.__all__: getattr(lagtool, name)") == "[]"
    # lagtool.training.torch needs PyTorch, which the extra dev does not bring.
    everything = "import importlib, lagtool, pkgutil\nfor m in pkgutil.walk_packages(lagtool.__path__, 'lagtool.'):\n"
    assert _ask(f"{everything}    m.name.endswith(('__main__', '.torch')) or importlib.import_module(m.name)") == "[]"


def test_a_typing_error_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = lagtool.no_such_name


def test_public_names_are_listed_and_described() -> None:
    assert dir(lagtool) == sorted(lagtool.__all__)
    assert lagtool.__doc__ is not None
    assert [name for name in lagtool.__all__ if name not in lagtool.__doc__ and name != "__version__"] == []
