"""Who may log in: the names and the hashes of their passwords.

The two users are for the demo only, because their passwords are public. This makes a hash::

    python -c 'from getpass import getpass; from werkzeug.security import generate_password_hash
    print(generate_password_hash(getpass()))'
"""

from __future__ import annotations

from werkzeug.security import check_password_hash

from flask_simplelogin import User

PASSWORD_HASHES = {
    "admin": (
        "scrypt:32768:8:1$iZX2uiXlAzDmkpBQ$"
        "1e9753871609a462be5e717c7076b241349566d36b1a68d146d7ee3fd96fdebf"
        "2e012cd83cb7883a4915042fba0674be4ae37ec77391cdd0dee5c216fcca36eb"
    ),
    "ada": (
        "scrypt:32768:8:1$fa60Oa3WjRblAdLm$"
        "836c24c605f5304fe7f737bb29efba6e2547b27124811301a62cf2b6e126d292"
        "95541ac3024926350695e31bf30f8dc2a131a82211738061d7fe4907afdbcffc"
    ),
}

# Checked for unknown names, so that the time of an answer does not tell which names exist.
NOBODY = (
    "scrypt:32768:8:1$keilSoTcRVgrBrcz$"
    "f3f136df5539751e124f84a372a6a925ad67338c5f9e5a3b1720fde023ee1c15"
    "bcf6adc9115513d4303a9e56a3e08c7e80d2fd8f89301b0fc2c63112be11b5b3"
)


def check_login(user: User) -> bool:
    """Return whether the name is known and the password is the one behind its hash."""
    known = PASSWORD_HASHES.get(user["username"])
    matches = check_password_hash(known or NOBODY, user["password"])
    return matches and known is not None
