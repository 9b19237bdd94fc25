"""Many people in one file: the archive that units take for a first filling (device API 3.8 `user/import`).

What a unit makes of rows that it holds already is not published, so this is for units that hold nobody; whoever is not
there afterwards is added in the usual way.
"""

from __future__ import annotations

import asyncio
import csv
import io
import secrets
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from core.base.errors import RefusedError
from device_link.drivers.akuvox.envelope import Record, member
from device_link.drivers.akuvox.session import Effect, Session

_COLUMNS = {
    "ID": "",
    "UserId": "UserID",
    "Name": "Name",
    "WebRelay": "WebRelay",
    "Floor": "LiftFloorNum",
    "Schedule-Relay": "Schedule-Relay",
    "Schedule-SRelay": "",
    "PinCode": "PrivatePIN",
    "CardCode": "CardCode",
}
"""Column of the table -> member of a record, as far as we have it."""


def table(records: Sequence[Record]) -> bytes:
    """The archive: one CSV in a .tgz."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(_COLUMNS))
    writer.writeheader()
    for record in records:
        writer.writerow({column: member(record, name) if name else "" for column, name in _COLUMNS.items()})
    data = text.getvalue().encode("utf-8")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as archive:
        entry = tarfile.TarInfo("UserData.csv")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


async def import_people(session: Session, records: Sequence[Record]) -> bool:
    """Send them all in one file. False when the unit does not take it; UnreachableError as a session raises it."""
    # A thread of its own, gone with the file: packing ten thousand rows must not stop the window.
    with ThreadPoolExecutor(1, "people-file") as packing:
        content = await asyncio.get_running_loop().run_in_executor(packing, table, records)
    boundary = f"gatewright{secrets.token_hex(12)}"
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="UserData.tgz"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode("ascii") + content + f"\r\n--{boundary}--\r\n".encode("ascii")
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    try:
        await session.upload("user", "import", body, headers, Effect.CHANGE, query={"type": "UserData"})
    except RefusedError:
        return False
    return True
