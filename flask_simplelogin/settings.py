"""The settings: one table that loads, checks and freezes them.

Each :class:`Setting` in the body of :class:`Settings` is one row: its name is the attribute's
name, in upper case behind ``SIMPLELOGIN_``. Nothing else in the package reads a configuration key
of ours.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, overload

from .colors import problem_of_color
from .errors import SettingError
from .passwords import METHODS, problem_of_stored
from .throttle import limit_of, problem_of_url
from .translation import problem_of_language

PREFIX = "SIMPLELOGIN_"
OLD_PREFIX = "SIMPLE_LOGIN_"

T = TypeVar("T")


def _starts_with_slash(value: str) -> str | None:
    """Return what is wrong with a URL path of the login, or `None`."""
    return None if value.startswith("/") else "must start with a slash, as in '/login/'"


def _is_hash_method(value: str) -> str | None:
    """Return what is wrong with a way to hash passwords, or `None`."""
    return None if value in METHODS else f"must be one of {', '.join(METHODS)}"


def _is_not_negative(value: int) -> str | None:
    """Return what is wrong with a number of seconds, or `None`."""
    return None if value >= 0 else "must not be negative"


def _is_blueprint_name(value: str) -> str | None:
    """Return what is wrong with a blueprint's name, or `None`."""
    return "must not contain a dot" if "." in value else None


def _is_limit(value: str) -> str | None:
    """Return what is wrong with a limit of guesses, or `None`."""
    try:
        limit_of(value)
    except ValueError:
        return "must be one limit, as in '10 per 15 minutes'"
    return None


def _is_ipv4_prefix(value: int) -> str | None:
    """Return what is wrong with the length of an IPv4 prefix, or `None`."""
    return None if 0 < value <= 32 else "must be from 1 to 32"


def _is_ipv6_prefix(value: int) -> str | None:
    """Return what is wrong with the length of an IPv6 prefix, or `None`."""
    return None if 0 < value <= 128 else "must be from 1 to 128"


def _is_patience(value: float) -> str | None:
    """Return what is wrong with a number of seconds to wait, or `None`."""
    return None if 0 < value <= 10 else "must be more than 0 and at most 10"


def _is_on_this_site(value: str) -> str | None:
    """Return what is wrong with a picture's file or path, or `None`."""
    if value.startswith("//") or set(value) & set("\\:?#"):
        return "must be a file of the app's static folder, or a path that begins with one slash"
    return None


class Setting(Generic[T]):
    """One row of the table.

    Args:
        default: The value where nothing is set; its type is the type that is demanded.
        description: What it does, for the documentation.
        types: The types that are taken, where they are not that of the default.
        environment: Whether the environment is asked before ``app.config``.
        live: Whether it is read at each use; otherwise it is read once, by `init_app`.
        check: Returns what is wrong with a value, or `None`.
    """

    def __init__(
        self,
        default: T,
        description: str,
        *,
        types: tuple[type, ...] = (),
        environment: bool = False,
        live: bool = False,
        check: Callable[[T], str | None] | None = None,
    ) -> None:
        self.default = default
        self.description = description
        self.types = types or (type(default),)
        self.environment = environment
        self.live = live
        self._check = check

    def __set_name__(self, owner: type[Settings], name: str) -> None:
        self.name = name
        self.key = PREFIX + name.upper()
        self._old_key = OLD_PREFIX + name.upper()

    @overload
    def __get__(self, instance: None, owner: type[Settings]) -> Setting[T]: ...

    @overload
    def __get__(self, instance: Settings, owner: type[Settings]) -> T: ...

    def __get__(self, instance: Settings | None, owner: type[Settings]) -> Setting[T] | T:
        if instance is None:
            return self
        if self.live:
            return self.load(instance.config)
        value: T = instance.frozen[self.name]
        return value

    def is_set(self, config: Mapping[str, Any]) -> bool:
        """Return whether a value other than the default is in force."""
        return self._find(config) is not None

    def load(self, config: Mapping[str, Any]) -> T:
        """Return the value in force; raise `SettingError` if it can't be used."""
        value: Any = self._find(config)
        if value is None:
            return self.default
        is_stray_bool = isinstance(value, bool) and bool not in self.types
        is_usable = isinstance(value, self.types) and not is_stray_bool
        if not is_usable:
            raise SettingError(self._wrong_type(value))
        found: T = value
        problem = self._check(found) if self._check else None
        if problem:
            raise SettingError(f"{self.key} {problem}.")
        return found

    def _wrong_type(self, value: object) -> str:
        """Return the sentence for a value of another type than those that are taken."""
        expected = " or ".join(each.__name__ for each in self.types)
        hint = " Write it in quotes." if self.types == (str,) else ""
        return f"{self.key} must be of type {expected}, not {type(value).__name__}.{hint}"

    def _find(self, config: Mapping[str, Any]) -> Any:
        """Return the first value that is set; `None` and the empty text count as unset."""
        sources = (os.environ, config) if self.environment else (config,)
        for source in sources:
            for key in (self.key, self._old_key):
                value = source.get(key)
                if value is None or value == "":
                    continue
                if key == self._old_key:
                    warnings.warn(
                        f"The prefix {OLD_PREFIX} is out of use: rename {key} to {self.key}.",
                        FutureWarning,
                        stacklevel=2,
                    )
                return value
        return None


class Settings:
    """The settings of one app, checked; none can be set afterwards.

    Raises:
        SettingError: A value is of the wrong type or can't be used. Say so at start-up.
    """

    username = Setting(
        "admin",
        "The name that the built-in checker lets in.",
        environment=True,
        live=True,
    )
    password = Setting(
        "secret",
        "The password that the built-in checker lets in: the text itself or, better, its hash "
        "as `flask simplelogin hash` prints it.",
        environment=True,
        live=True,
        check=problem_of_stored,
    )
    users: Setting[object] = Setting(
        "",
        "The store of users, in place of one name and password: a URL of SQLAlchemy such as "
        "`sqlite:///users.db`, `htpasswd:` with a path, or (not in the environment) a mapping of "
        "names to hashes. In the environment it goes before the argument `users=`, "
        "elsewhere after it.",
        types=(str, Mapping),
        environment=True,
    )
    hash_method = Setting(
        "scrypt",
        "How new passwords in a store are hashed: `scrypt`, or `argon2id` with the extra `argon2` "
        "(OWASP, Password Storage). A weaker hash is renewed at its user's next login.",
        check=_is_hash_method,
    )
    login_url = Setting("/login/", "The path of the login page.", check=_starts_with_slash)
    logout_url = Setting("/logout/", "The path that logs out.", check=_starts_with_slash)
    password_url = Setting(
        "/password/",
        "The path of the page on which users change their password.",
        check=_starts_with_slash,
    )
    password_page = Setting(
        True, "Whether there is that page, in an app whose store of users can be written."
    )
    home_url = Setting("/", "Where a login without `next`, and a logout, lead to.")
    blueprint = Setting(
        "simplelogin",
        "The name of the blueprint, and so of the endpoints `simplelogin.login` and "
        "`simplelogin.logout`.",
        check=_is_blueprint_name,
    )
    title = Setting("", "The name of your app, for the login's own pages.")
    logo = Setting(
        "",
        "A picture for the login's own pages: a file of the app's static folder, or a path on this "
        "site that begins with a slash. Other hosts are not asked.",
        check=_is_on_this_site,
    )
    accent = Setting(
        "#2746c7",
        "The colour of buttons and links on the login's own pages, in hex. It is darkened or "
        "lightened where text would be hard to read.",
        check=problem_of_color,
    )
    language = Setting(
        "",
        "The language of the login's own texts, such as `en` or `pt_BR`. Unset, it is the "
        "visitor's: Flask-Babel's locale, or what the browser asks for.",
        check=problem_of_language,
    )
    session_lifetime = Setting(
        30 * 24 * 60 * 60,
        "For how many seconds after a login the session counts, however much it is used; 0 means "
        "without an end. The default is 30 days (NIST SP 800-63B, reauthentication at AAL1).",
        check=_is_not_negative,
    )
    remember_me = Setting(
        False,
        'Whether the login page has a box "Keep me signed in", which makes the session outlive '
        "the browser (`session.permanent`).",
    )
    logout_post_only = Setting(
        False,
        "Whether only a POST logs out. A link to the logout then leads to a page with a button.",
    )
    security_headers = Setting(
        True,
        "Whether the login's own pages and guarded answers carry headers that keep them out of "
        "caches and frames. Switch it off only where something else sets such headers.",
    )
    basic_memory = Setting(
        30,
        "For how many seconds a process remembers that Basic credentials were right, so that a "
        "client that sends them with each request does not cost a hash each time; 0 asks each "
        "time. A changed hash ends it at once. A `login_checker` of your own is asked each time, "
        "unless you set this: then a yes of it counts for that long, and it is not called again.",
        check=_is_not_negative,
    )
    throttle = Setting(
        True,
        "Whether guesses at passwords are limited. Switch it off only where something else limits "
        "them by name and by address, or in tests.",
    )
    throttle_per_network_and_name = Setting(
        "10 per 15 minutes",
        "How many guesses are free at one name from one network; a success clears the count. Ten "
        "are more than anybody mistypes in a row, and 350,000 a year (OWASP ASVS 5, V6.3.1).",
        check=_is_limit,
    )
    throttle_per_network = Setting(
        "50 per 15 minutes",
        "How many failures are free from one network, at whatever names: room for an office behind "
        "one address, not for trying stolen passwords (OWASP, Credential Stuffing Prevention).",
        check=_is_limit,
    )
    throttle_per_name = Setting(
        "100 per hour",
        "How many failures are free at one name from everywhere. The number is that of the OWASP "
        "ASVS 4.0.3, V2.2.1: no more than 100 failed attempts an hour on a single account.",
        check=_is_limit,
    )
    throttle_ipv4_prefix = Setting(
        32,
        "How many bits of an IPv4 address are the network. All 32: neighbours are strangers there, "
        "and addresses are dear.",
        check=_is_ipv4_prefix,
    )
    throttle_ipv6_prefix = Setting(
        64,
        "How many bits of an IPv6 address are the network. A single machine has 2⁶⁴ addresses: "
        "64 bits are the least that a site gets (RFC 6177, RFC 7421). With 56 or 48 bits whoever "
        "has a whole site's addresses has fewer guesses.",
        check=_is_ipv6_prefix,
    )
    throttle_storage = Setting(
        "memory://",
        "Where guesses are counted: in the memory of each process, or for all processes together "
        "in Redis or Valkey, by a URL such as `redis://:password@localhost:6379/0` (`rediss`, "
        "`redis+sentinel`, `redis+cluster`, `valkey` … as the library limits has them). It needs "
        "the extra `redis` or `valkey`.",
        environment=True,
        check=problem_of_url,
    )
    throttle_timeout: Setting[float] = Setting(
        0.5,
        "For how many seconds an answer of the storage is waited for. Without one guesses are "
        "counted in each process until it answers again.",
        types=(float, int),
        check=_is_patience,
    )
    device_cookie_lifetime = Setting(
        90 * 24 * 60 * 60,
        "For how many seconds a browser that has logged in keeps guesses of its own at that name, "
        "whoever else guesses (OWASP, Slow Down Online Guessing Attacks with Device Cookies); 0: "
        "there is no such cookie.",
        check=_is_not_negative,
    )

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        loaded = {row.name: row.load(config) for row in self.table()}
        self.frozen = {row.name: loaded[row.name] for row in self.table() if not row.live}

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """The other hosts that `next` may name: ``ALLOWED_HOSTS``, read at each use."""
        value = self.config.get("ALLOWED_HOSTS")
        hosts = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
        return tuple(host for host in hosts if host and isinstance(host, str))

    def public(self) -> Mapping[str, str]:
        """Return the settings that programs read as ``login.config``."""
        keys = ("blueprint", "login_url", "logout_url", "home_url")
        return {key: self.frozen[key] for key in keys}

    @classmethod
    def table(cls) -> list[Setting[Any]]:
        """Return the rows in the order of their definition."""
        return [row for row in vars(cls).values() if isinstance(row, Setting)]
