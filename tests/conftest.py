"""What holds for every test: no service makes the demo by itself."""

import os

os.environ.setdefault("ECP_DEMO", "off")
