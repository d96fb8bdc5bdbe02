"""Who acts at the command line: whoever may log in to this machine as the owner of the installation may do everything.

Written into history as `system:cli:<name of the operating system's user>`.
"""

import getpass

from tillkeeper.kernel.actor import Actor


def operator() -> Actor:
    """Return the actor of this shell."""
    return Actor(kind="system", name=f"cli:{getpass.getuser()}", source="cli")
