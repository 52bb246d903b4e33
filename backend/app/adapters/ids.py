"""Fresh identities."""

import uuid


class RandomIds:
    """Identities that nobody can guess or repeat."""

    def new(self) -> str:
        """Return a random UUID as text."""
        return str(uuid.uuid4())
