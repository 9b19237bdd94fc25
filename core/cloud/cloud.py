"""The open cloud core: its database, keys, files and clock, handed to every function of the service."""

from __future__ import annotations

from collections.abc import Callable

from core.base.clock import Clock
from core.cloud.access import AccessBook
from core.cloud.blobstore import CloudBlobs
from core.cloud.db import Database
from core.cloud.migrations import migrate
from core.cloud.passwords import Passwords
from core.cloud.publish import Publisher
from core.cloud.rows import RowStore
from core.cloud.seal import Seal
from core.cloud.settings import CloudSettings


class Cloud:
    """Made by `open_cloud`; stateless beside its connections, so that several may stand on one database."""

    def __init__(self, settings: CloudSettings) -> None:
        self.settings = settings
        self.clock: Clock = settings.clock
        self.database = Database(settings.database_url)
        self.seal = Seal(settings.key)
        self.rows = RowStore(self.seal)
        self.access = AccessBook()
        self.publisher = Publisher(self.rows, self.seal)
        self.passwords = Passwords(settings.password_cost)
        self.blobs = CloudBlobs(settings.blobs, settings.max_blob_bytes)
        self.mail_is_due: Callable[[], None] = lambda: None
        """Wakes whoever sends mails on this node; on the loop's thread."""
        self.has_moved: Callable[[str, int], None] = lambda _tenant, _head: None
        """Tells whoever listens the new head of a tenant, after the commit; from any thread."""

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def open_cloud(settings: CloudSettings) -> Cloud:
    """Open the database and bring it to the present tables. UserError or DataError when that cannot be."""
    cloud = Cloud(settings)
    try:
        migrate(cloud.database)
    except BaseException:
        cloud.close()
        raise
    return cloud
