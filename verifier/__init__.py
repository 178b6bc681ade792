"""Classroom evidence verifier: checks that subsidised vocational training really happened."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("classroom-evidence-verifier")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
