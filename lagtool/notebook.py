"""What a value shows of itself in a notebook."""

from importlib import import_module


class Notebook:
    """A value that a notebook shows as HTML.

    A notebook asks the value itself, and how values look is decided in `lagtool.render`, which is above them: this is
    the one place that reaches up, by name, and only when a notebook asks.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = import_module("lagtool.render.notebook").render_notebook(self)
        return html
