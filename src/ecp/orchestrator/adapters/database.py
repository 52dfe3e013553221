"""One mode's records in a database of its own: each feature's part has a module."""

import asyncio

from ecp.orchestrator.adapters.alerts import Alerts
from ecp.orchestrator.adapters.audit import Audit
from ecp.orchestrator.adapters.demo import Demos
from ecp.orchestrator.adapters.history import History
from ecp.orchestrator.adapters.images import Images
from ecp.orchestrator.adapters.keeping import Kept
from ecp.orchestrator.adapters.levels import Levels
from ecp.orchestrator.adapters.manifests import Manifests
from ecp.orchestrator.adapters.minutes import Ledger
from ecp.orchestrator.adapters.playbook import Playbook
from ecp.orchestrator.adapters.releases import Releases
from ecp.orchestrator.adapters.sealing import Seals
from ecp.orchestrator.adapters.tenants import Tenants


class Database(Tenants, Manifests, Releases, Ledger, Kept):
    """Fulfils `ports.Storage`. `open` before use, `close` at the end."""

    def __init__(self, url: str, seals: Seals | None = None) -> None:
        super().__init__(url, seals)
        self.rehearsals = Playbook(self._reading, self._transaction)
        self.levels = Levels(self._at_once, self._transaction, self.url)
        self.history = History(self._reading, self._transaction)
        self.alerts = Alerts(self._at_once, self._transaction)
        self.images = Images(self._at_once, self._transaction)
        self.demo = Demos(self._at_once, self._transaction)
        self.audit = Audit(self._at_once, self._written, asyncio.Lock())
