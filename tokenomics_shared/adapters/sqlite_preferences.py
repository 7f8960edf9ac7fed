"""Tenants' preferences, in the file of the answers."""

from tokenomics_shared.adapters.sqlite import Database

_GET = "SELECT tenant, kind, wanted FROM preferences"
_PUT = "INSERT OR REPLACE INTO preferences VALUES (?, ?, ?)"
_REMOVE = "DELETE FROM preferences WHERE tenant = ? AND kind = ?"


class SqlitePreferences:
    """What tenants prefer. A read is one statement; few are kept."""

    def __init__(self, database: Database) -> None:
        """Use an answers' file.

        Args:
            database: of `SqliteMemos`.
        """
        self._database = database

    def all(self) -> dict[str, dict[str, str]]:
        """Every tenant's, by kind."""
        found: dict[str, dict[str, str]] = {}
        for tenant, kind, wanted in self._database.query(_GET):
            found.setdefault(tenant, {})[kind] = wanted
        return found

    def put(self, tenant: str, kind: str, wanted: str | None) -> None:
        """Queue a preference for writing, or its removal; returns at once."""
        if wanted is None:
            self._database.enqueue((_REMOVE, (tenant, kind)))
        else:
            self._database.enqueue((_PUT, (tenant, kind, wanted)))
