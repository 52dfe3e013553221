"""Run the named benches, or all: each module here has `main()` and prints its own lines."""

import importlib
import pkgutil
import sys

import bench

names = sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_"))
for name in sys.argv[1:] or names:
    if name not in names:
        sys.exit(f"no bench {name!r}; there are: {', '.join(names)}")
    print(f"== {name}", flush=True)
    importlib.import_module(f"bench.{name}").main()
