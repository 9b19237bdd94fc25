"""cloud backup, cloud restore, and the operator's acts on accounts under cloud admin."""

from __future__ import annotations

import argparse
from pathlib import Path

from desktop.cli.registry import BareCommand, Commands

_OF_ACCOUNTS = {
    "lock": "sign an account out everywhere and let nobody sign in with it",
    "unlock": "lift a lock, also the one after wrong passwords",
    "reset-factor": "take the authenticator app from an account whose phone is lost",
    "set-password": "a new password (standard input); signed out everywhere",
}
_OF_ALL = {
    "accounts": "accounts with firm, state, sessions and failed attempts",
    "grants": "what distributors allow their installers, and who lets them act",
    "retention": "remove now what has had its time",
    "new-lineage": "after a recovery by the database's own means: workstations fetch anew and offer what was lost",
    "numbers": "how large the service is",
}


def register(cloud: Commands, admin: Commands, run: BareCommand) -> None:
    """Add the commands; `run` does the verb of the parser on the database."""
    for name, words in _OF_ACCOUNTS.items():
        _on(admin, name, run, words).add_argument("--user", required=True)
    for name, words in _OF_ALL.items():
        parser = _on(admin, name, run, words)
        if name == "accounts":
            parser.add_argument("--user", default="", help="only those with this part in their user name")
    policy = _on(
        admin, "policy", run, "publish a new version of a policy; everybody is asked at the next sign-in"
    )
    policy.add_argument("--kind", choices=("privacy", "terms"), required=True)
    policy.add_argument("--file", required=True, type=_file)
    link = _on(admin, "service-link", run, "set a link of the service centre; an empty address takes it away")
    link.add_argument("--kind", choices=("knowledge_base", "tickets", "partners"), required=True)
    link.add_argument("--url", required=True)
    news = _on(admin, "news", run, "tell news to everybody, or to some roles")
    news.add_argument("--title", required=True)
    news.add_argument("--text", required=True)
    news.add_argument("--role", action="append", default=[])
    _on(admin, "withdraw-news", run, "take news back").add_argument("--id", required=True)
    backup = _on(cloud, "backup", run, "write database and files into one file, while the service goes on")
    backup.add_argument("--to", required=True, type=_file, metavar="FILE")
    backup.add_argument("--without-files", action="store_true")
    restore = _on(cloud, "restore", run, "load a backup into a new, empty database")
    restore.add_argument("--from", dest="source", required=True, type=_file, metavar="FILE")


def _on(group: Commands, name: str, run: BareCommand, words: str) -> argparse.ArgumentParser:
    parser = group.add_bare(name, run, words)
    parser.set_defaults(verb=name)
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--blobs", type=_file, default=None, metavar="DIR")
    return parser


def _file(text: str) -> Path:
    return Path(text).absolute()
