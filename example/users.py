"""The login, and the users that a new database begins with.

They are for the demo only, because their passwords are public.
"""

from __future__ import annotations

from flask_simplelogin import SimpleLogin

from .models import User

login = SimpleLogin()


def demo_users() -> list[User]:
    """Return an administrator and a user; `flask simplelogin hash` made the hashes."""
    return [
        User(
            username="admin",
            roles="admin",
            password_hash="scrypt:32768:8:1$iZX2uiXlAzDmkpBQ$"
            "1e9753871609a462be5e717c7076b241349566d36b1a68d146d7ee3fd96fdebf"
            "2e012cd83cb7883a4915042fba0674be4ae37ec77391cdd0dee5c216fcca36eb",
        ),
        User(
            username="ada",
            password_hash="scrypt:32768:8:1$fa60Oa3WjRblAdLm$"
            "836c24c605f5304fe7f737bb29efba6e2547b27124811301a62cf2b6e126d292"
            "95541ac3024926350695e31bf30f8dc2a131a82211738061d7fe4907afdbcffc",
        ),
    ]
