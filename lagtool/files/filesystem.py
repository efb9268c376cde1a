"""What fsspec reaches: opening, calls that end in bounded time, and errors in one line without secrets."""

import errno
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from lagtool.errors import LagtoolError, MissingLibraryError
from lagtool.files.address import hide_secrets, scrub, secrets_of
from lagtool.text import show

CALL_SECONDS = 45.0
"""How long one request may take, the repetitions that the library makes by itself included."""
LIST_SECONDS = 1800.0
"""How long the listing of one folder may take: 1,000 names come with each request."""
ATTEMPTS = 3
PAUSE_SECONDS = 0.5

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}
_AT_HAND = ("memory", "file", "local")
_S3_LIMITS = {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 2}}
_SIGN_IN = {
    "s3": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; FSSPEC_S3_ANON=true where all may read",
    "gs": "run 'gcloud auth application-default login', or set GOOGLE_APPLICATION_CREDENTIALS",
}
_LOST = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_FINAL = (*_LOST, PermissionError)


class UnreachableError(LagtoolError):
    """A place does not answer, or lets nobody in: all of it, not one file.

    Attributes:
        trouble: What is wrong, in lagtool's own words, without those of a library.
    """

    trouble = "the store reports an error"


class FileSystem:
    """A file system of fsspec at one URL, opened when it is first used; may be pickled."""

    def __init__(self, url: str) -> None:
        """Name the URL."""
        self.url = url
        self.shown = hide_secrets(url)
        self.secrets = secrets_of(url)
        self.scheme = url.partition("://")[0].partition("::")[0].lower()

    def __reduce__(self) -> tuple[type["FileSystem"], tuple[str]]:
        return FileSystem, (self.url,)

    @property
    def path(self) -> str:
        """The path within the file system, as that writes it."""
        return str(_open(self.url)[1])

    @property
    def portable(self) -> bool:
        """Whether another process finds the same there."""
        return "memory" not in [part.partition("://")[0] for part in self.url.split("::")]

    def call(self, name: str, *arguments: Any, seconds: float | None = None, **options: Any) -> Any:
        """Call a method of the file system, again where that may help; every attempt ends within ``seconds``.

        Raises:
            OSError: One of `FileNotFoundError` and the like, which asking again does not mend.
            UnreachableError: It did not work in any attempt.
        """
        seconds = CALL_SECONDS if seconds is None else seconds
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._bounded(name, arguments, options, seconds)
            except (LagtoolError, *_FINAL):
                raise
            except Exception as error:  # noqa: BLE001 - each library behind fsspec raises its own
                if attempt == ATTEMPTS or _is_final(error):
                    raise self.unreachable(error) from None
            time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError

    def _bounded(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any], seconds: float) -> Any:
        system, _ = _open(self.url)
        method = getattr(system, name)
        if getattr(system, "async_impl", False):
            return method(*arguments, timeout=seconds, **options)
        return _in_time(lambda: method(*arguments, **options), seconds, self.scheme)

    def forget(self) -> None:
        """Drop what listings the library keeps: they may be old, and they are large."""
        _open(self.url)[0].invalidate_cache()

    def unreachable(self, error: BaseException, shown: str | None = None) -> UnreachableError:
        """Return the error that says so of ``shown``, something at the URL; None: the URL itself."""
        unreachable = UnreachableError(f"{show(shown or self.shown)} {self.explain(error)}")
        unreachable.trouble = _trouble(error)
        return unreachable

    def explain(self, error: BaseException) -> str:
        """Return what went wrong and what to do, in words that hold no secret."""
        kind = type(error).__name__
        scheme = _EXTRAS.get(self.scheme, self.scheme)
        text = scrub(" ".join(str(error).split()), self.secrets)
        sign_in = _SIGN_IN.get(scheme, "give the credentials as the library behind fsspec wants them")
        if isinstance(error, _LOST):
            if scheme in ("http", "https"):
                return "does not exist, or cannot be reached: check the URL"
            return "does not exist: check the name of bucket and folder"
        if isinstance(error, TimeoutError) or "Timeout" in kind or "timed out" in text.lower():
            return f"does not answer in time: check network and address{_endpoint(scheme)}, then try again"
        if "Credential" in kind or "Credential" in text or "Token" in kind or "DefaultCredentials" in kind:
            return f"asks for credentials ({show(text, 120)}): {sign_in}"
        if isinstance(error, PermissionError):
            return f"lets nobody in with these credentials ({show(text, 80) or 'access denied'}): {sign_in}"
        if isinstance(error, ConnectionError) or "Connect" in kind or "Endpoint" in kind or "DNS" in kind:
            return f"cannot be reached ({show(text, 120) or kind}): check network and address{_endpoint(scheme)}"
        return f"cannot be read ({show(f'{kind}: {text}' if text else kind, 160)}): check the URL and try again"


def is_archived(error: BaseException) -> bool:
    """Whether an object store keeps an object back because it lies in an archive, to be restored first."""
    said = getattr(error.__cause__, "response", None)
    code = said.get("Error", {}).get("Code") if isinstance(said, dict) else None
    return code == "InvalidObjectState"


def _trouble(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, TimeoutError) or "Timeout" in kind:
        return "the store does not answer in time"
    if isinstance(error, PermissionError) or "Credential" in kind or "Token" in kind:
        return "the store lets nobody in with these credentials"
    if isinstance(error, ConnectionError) or "Connect" in kind or "Endpoint" in kind or "DNS" in kind:
        return "the store cannot be reached"
    return UnreachableError.trouble


def _endpoint(scheme: str) -> str:
    return " (AWS_ENDPOINT_URL)" if scheme == "s3" else ""


def _is_final(error: BaseException) -> bool:
    """Whether asking again is in vain."""
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno == errno.EINVAL:
        return True  # a part of an object that has no bytes
    return "Credential" in name or isinstance(error, (ValueError, TypeError, NotImplementedError, ImportError))


def _in_time(call: Callable[[], Any], seconds: float, scheme: str) -> Any:
    """Return what ``call`` returns, in a thread that is left behind where it takes too long; at hand, nothing does."""
    if scheme in _AT_HAND:
        return call()
    done: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError(errno.ETIMEDOUT, "no answer")
    return done[0]


@lru_cache(maxsize=16)
def _open(url: str) -> tuple[Any, str]:
    shown = show(hide_secrets(url))
    schemes = [part.partition("://")[0].lower() for part in url.split("::")]
    extra = next((_EXTRAS[scheme] for scheme in schemes if scheme in _EXTRAS), None)
    try:
        import fsspec
    except ImportError:
        raise MissingLibraryError(f"{shown} needs fsspec: pip install 'lagtool[{extra or 'remote'}]'") from None
    try:
        options: dict[str, Any] = {}
        if schemes[0] in ("s3", "s3a") and "config_kwargs" not in fsspec.config.conf.get("s3", {}):
            options["config_kwargs"] = _S3_LIMITS
        # Some libraries sign in at once.
        opened: tuple[Any, str] = _in_time(lambda: fsspec.url_to_fs(url, **options), CALL_SECONDS, schemes[0])
    except ImportError as error:
        if extra is not None:
            raise MissingLibraryError(f"{shown} needs another library: pip install 'lagtool[{extra}]'") from None
        raise MissingLibraryError(f"{shown} needs another library: {show(str(error), 120)}") from None
    except Exception as error:  # noqa: BLE001 - each library behind fsspec raises its own
        raise LagtoolError(f"{shown} {FileSystem(url).explain(error)}") from None
    return opened
