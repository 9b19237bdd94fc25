"""The four cases between two Anki collections and Anki's own server. Runs under a Python that has the `anki` wheel.

Arguments: folder, port, rows, edits, few, file of rows. Prints a line of JSON each. One row is one note with one card;
a first sync is the transfer of the whole file, which is how Anki does it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anki.collection import AddNoteRequest, Collection


def main() -> None:
    folder, port, rows, edits, few, file = sys.argv[1:]
    endpoint, count = f"http://127.0.0.1:{port}/", int(rows)
    lines = [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()[:count]]
    first = Collection(f"{folder}/a.anki2")
    _add(first, lines)
    auth = first.sync_login(username="u", password="p", endpoint=endpoint)  # noqa: S106  the loopback server's
    _whole(first, auth, upload=True)
    second = Collection(f"{folder}/b.anki2")
    other = second.sync_login(username="u", password="p", endpoint=endpoint)  # noqa: S106
    _timed("first", count, lambda: _whole(second, other, upload=False))
    assert second.note_count() == count
    _timed("noop", 1, lambda: second.sync_collection(other, False), times=20)
    _change(second, int(edits), " changed")
    _timed("push", int(edits), lambda: second.sync_collection(other, False))
    first.sync_collection(auth, False)
    changed = _change(first, int(few), " again")
    first.sync_collection(auth, False)
    _timed("few", int(few), lambda: second.sync_collection(other, False))
    assert second.get_note(changed).fields[1].endswith("again")
    first.close()
    second.close()


def _add(collection: Collection, lines: list[dict[str, Any]]) -> None:
    kind, deck = collection.models.by_name("Basic"), collection.decks.id("Default")
    for start in range(0, len(lines), 5000):
        requests = []
        for line in lines[start : start + 5000]:
            note = collection.new_note(kind)
            note.fields[0], note.fields[1] = line["id"], "|".join(str(v) for v in list(line.values())[1:])
            requests.append(AddNoteRequest(note=note, deck_id=deck))
        collection.add_notes(requests)


def _whole(collection: Collection, auth: Any, *, upload: bool) -> None:
    collection.close_for_full_sync()
    collection.full_upload_or_download(auth=auth, server_usn=None, upload=upload)
    collection.reopen(after_full_sync=True)


def _change(collection: Collection, count: int, mark: str) -> Any:
    ids = collection.find_notes("")[:count]
    notes = [collection.get_note(i) for i in ids]
    for note in notes:
        note.fields[1] += mark
    collection.update_notes(notes)
    return ids[0]


def _timed(case: str, count: int, act: Callable[[], Any], times: int = 1) -> None:
    begun = time.perf_counter()
    for _ in range(times):
        act()
    seconds = (time.perf_counter() - begun) / times
    print(json.dumps({"case": case, "count": count, "seconds": seconds}), flush=True)


main()
