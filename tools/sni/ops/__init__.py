"""The operators: one file each, with its legality check, its lowering, and its template beside it under the same name.

Every module of this folder is imported here, which registers its operators; there is no list to keep.
"""

import importlib
import pkgutil

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
