"""Where things lie: a folder on disk or a prefix in an object store, behind one way to name, read and list them."""

from data.storage.object_path import ObjectPath
from data.storage.object_store import StorageError
from data.storage.place import Place, name_below, place

__all__ = ["ObjectPath", "Place", "StorageError", "name_below", "place"]
