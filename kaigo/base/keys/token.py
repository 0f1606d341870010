"""Keys in a PKCS#11 token: made there, used there, never taken out. Needs the package python-pkcs11, which only those
who have a token install.

A key is an object with the label `openkaigo:<kind>:<name>` and its version as id; beside it lies a data object that says
when it was made and destroyed, and its public half, and stays when the key goes.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kaigo.base.keys import private
from kaigo.base.keys.store import Health, Held, Kind, NoKey, NotOffered, StoreDown, Unopened, Version, plain

_PREFIX, _NONCE, _TAG_BITS = "openkaigo", 12, 128
_ED25519 = "1.3.101.112"
# So long a process may not have heard of a new version. What was destroyed the token itself refuses.
_FRESH = 1.0
# What a kind of key needs: the mechanisms, and what is not possible without them.
_NEEDS = {
    Kind.WRAP: (("AES_KEY_GEN", "AES_GCM"), "鍵を包むこと(AES-GCM)"),
    Kind.MAC: (("GENERIC_SECRET_KEY_GEN", "SHA256_HMAC"), "鍵付きの要約(HMAC-SHA-256)"),
    Kind.SIGN: (("EC_EDWARDS_KEY_PAIR_GEN", "EDDSA"), "署名(Ed25519)"),
}


class Token:
    """See KeyStore. One session a process, one caller at a time: what a token does is not faster by two."""

    def __init__(self, module: str, label: str, pin_file: Path, root: Path) -> None:
        self._module, self._label, self._pin_file, self._root = module, label, pin_file, root
        self._forget()

    def make(self, kind: Kind, name: str) -> int:
        with self._session() as session:
            found = self._versions(session, kind, name)
            if found:
                return found[-1]
            with private.locked(self._root, "-token"):
                # Another process may have been quicker.
                self._known.clear()
                found = self._versions(session, kind, name)
                if found:
                    return found[-1]
                if self._records(session, kind, name):
                    raise NoKey(f"{kind} {name}")
                return self._generate(session, kind, name, 1)

    def rotate(self, kind: Kind, name: str) -> int:
        with self._session() as session, private.locked(self._root, "-token"):
            version = max(self._records(session, kind, name), default=0) + 1
            return self._generate(session, kind, name, version)

    def destroy(self, kind: Kind, name: str, version: int) -> None:
        with self._session() as session, private.locked(self._root, "-token"):
            told = self._records(session, kind, name).get(version)
            if told is None:
                raise NoKey(f"{kind} {name} {version}")
            for key in self._find(session, kind, name, version):
                key.destroy()
            self._known.clear()
            if "destroyed" not in told:
                self._tell(session, kind, name, version, told | {"destroyed": _now()})

    def versions(self, kind: Kind, name: str) -> tuple[int, ...]:
        with self._session() as session:
            return self._versions(session, kind, name)

    def wrap(self, name: str, content: bytes, aad: bytes) -> tuple[int, bytes]:
        version, nonce = self.make(Kind.WRAP, name), secrets.token_bytes(_NONCE)
        try:
            return version, nonce + self._gcm("encrypt", name, version, nonce, content, aad)
        except NoKey:
            # The newest that this process knew is gone: there is a newer one.
            version = self.make(Kind.WRAP, name)
            return version, nonce + self._gcm("encrypt", name, version, nonce, content, aad)

    def unwrap(self, name: str, version: int, wrapped: bytes, aad: bytes) -> bytes:
        return self._gcm("decrypt", name, version, wrapped[:_NONCE], wrapped[_NONCE:], aad)

    def hmac(self, name: str, messages: Iterable[bytes], version: int, size: int = 32) -> list[bytes]:
        from pkcs11 import Mechanism

        with self._session() as session:
            key = self._key(session, Kind.MAC, name, version)
            return [bytes(key.sign(message, mechanism=Mechanism.SHA256_HMAC))[:size] for message in messages]

    def sign(self, name: str, message: bytes, version: int) -> bytes:
        from pkcs11 import Mechanism

        with self._session() as session:
            key = self._key(session, Kind.SIGN, name, version)
            return bytes(key.sign(message, mechanism=Mechanism.EDDSA))

    def public(self, name: str, version: int) -> bytes:
        with self._session() as session:
            try:
                return bytes.fromhex(self._records(session, Kind.SIGN, name)[version]["public"])
            except KeyError as error:
                raise NoKey(f"sign {name} {version}") from error

    def inventory(self) -> list[Held]:
        with self._session() as session:
            found = []
            for kind, name in sorted(self._names(session)):
                told = self._records(session, kind, name)
                usable = self._versions(session, kind, name)
                found.append(Held(kind, name, tuple(_version(n, told[n], n in usable) for n in sorted(told))))
            return found

    def health(self) -> Health:
        try:
            with self._session() as session:
                lacking = [
                    f"このトークンでは{what}ができません。"
                    for kind, (_, what) in _NEEDS.items()
                    if self._lacks(session, kind)
                ]
                model = f"{session.token.manufacturer_id} {session.token.model}".replace("\0", "").strip()
        except StoreDown as down:
            return Health("鍵の装置(PKCS#11)が応えません", self._label, False, (str(down),))
        # A token that is only a program keeps its keys in files of this machine.
        soft = "softhsm" in model.lower()
        label = "鍵は同一機に保管(SoftHSM)" if soft else "鍵は別の装置に保管(PKCS#11)"
        return Health(label, f"{self._label} ({model})", soft, tuple(lacking))

    # -- the session

    def _forget(self) -> None:
        self._pid, self._open, self._lock = os.getpid(), None, threading.RLock()
        self._known: dict[tuple[Kind, str], tuple[float, tuple[int, ...]]] = {}
        self._keys: dict[tuple[Kind, str, int], Any] = {}

    @contextmanager
    def _session(self) -> Iterator[Any]:
        """The session of this process. What the token refuses becomes NoKey (a key that is gone) or StoreDown."""
        try:
            import pkcs11
            from pkcs11 import exceptions as wrong
        except ImportError as error:
            raise StoreDown(
                "python-pkcs11 がありません。pip install python-pkcs11 で入れてください。"
            ) from error
        child = self._pid != os.getpid()
        if child:
            self._forget()
        with self._lock:
            try:
                if self._open is None:
                    self._open = self._begin(pkcs11, child)
                yield self._open
            except (wrong.KeyHandleInvalid, wrong.ObjectHandleInvalid) as gone:
                self._known.clear()
                self._keys.clear()
                raise NoKey("the key is gone from the token") from gone
            except wrong.PKCS11Error as error:
                self._open = None
                self._known.clear()
                self._keys.clear()
                raise StoreDown(f"鍵の装置「{self._label}」: {type(error).__name__}") from error

    def _begin(self, pkcs11: Any, child: bool) -> Any:
        try:
            library = pkcs11.lib(self._module)
            if child:
                # What the parent process had open is not ours.
                library.reinitialize()
            pin = self._pin_file.read_text().strip()
        except (RuntimeError, OSError) as error:
            raise StoreDown(f"鍵の装置「{self._label}」を開けません: {type(error).__name__}") from error
        token = library.get_token(token_label=self._label)
        try:
            return token.open(rw=True, user_pin=pin)
        except pkcs11.exceptions.UserAlreadyLoggedIn:
            return token.open(rw=True)

    # -- objects

    def _gcm(self, what: str, name: str, version: int, nonce: bytes, content: bytes, aad: bytes) -> bytes:
        from pkcs11 import GCMParams, Mechanism
        from pkcs11 import exceptions as wrong

        refusals = (
            wrong.GeneralError,
            wrong.EncryptedDataInvalid,
            wrong.EncryptedDataLenRange,
            wrong.ArgumentsBad,
        )
        with self._session() as session:
            key = self._key(session, Kind.WRAP, name, version)
            try:
                params = GCMParams(nonce, aad, _TAG_BITS)
                return bytes(getattr(key, what)(content, mechanism=Mechanism.AES_GCM, mechanism_param=params))
            except (*refusals, ValueError, wrong.MechanismParamInvalid) as error:
                # Tokens say "general error" of a tag that does not fit: when it still answers, that is what it was.
                session.generate_random(64)
                raise Unopened(f"{name} {version}") from error

    def _key(self, session: Any, kind: Kind, name: str, version: int) -> Any:
        mark = (kind, name, version)
        if mark not in self._keys or version not in self._versions(session, kind, name):
            found = self._find(session, kind, name, version)
            if not found:
                self._keys.pop(mark, None)
                raise NoKey(f"{kind} {name} {version}")
            self._keys[mark] = found[0]
        return self._keys[mark]

    def _find(self, session: Any, kind: Kind, name: str, version: int | None = None) -> list[Any]:
        from pkcs11 import Attribute, ObjectClass

        wanted = {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY if kind is Kind.SIGN else ObjectClass.SECRET_KEY,
            Attribute.LABEL: f"{_PREFIX}:{kind}:{plain(name)}",
        }
        if version is not None:
            wanted[Attribute.ID] = version.to_bytes(4)
        return list(session.get_objects(wanted))

    def _versions(self, session: Any, kind: Kind, name: str) -> tuple[int, ...]:
        from pkcs11 import Attribute

        at, held = self._known.get((kind, name), (0.0, ()))
        if not held or time.monotonic() - at > _FRESH:
            held = tuple(sorted(int.from_bytes(key[Attribute.ID]) for key in self._find(session, kind, name)))
            self._known[kind, name] = (time.monotonic(), held)
        return held

    def _generate(self, session: Any, kind: Kind, name: str, version: int) -> int:
        if self._lacks(session, kind):
            raise NotOffered(f"鍵の装置「{self._label}」では、{_NEEDS[kind][1]}ができません。")
        # Its record comes first: a key without one would be a key that no inventory lists.
        self._tell(session, kind, name, version, {"made": _now()})
        public = _generated(session, kind, f"{_PREFIX}:{kind}:{plain(name)}", version.to_bytes(4))
        if public is not None:
            told = self._records(session, kind, name)[version]
            self._tell(session, kind, name, version, told | {"public": public.hex()})
        self._known.pop((kind, name), None)
        return version

    def _lacks(self, session: Any, kind: Kind) -> bool:
        from pkcs11 import Mechanism

        offered = session.token.slot.get_mechanisms()
        return any(Mechanism[name] not in offered for name in _NEEDS[kind][0])

    # -- records

    def _data(self, session: Any, kind: Kind | None = None, name: str = "") -> list[tuple[Any, dict]]:
        from pkcs11 import Attribute, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.DATA, Attribute.APPLICATION: _PREFIX}
        if kind:
            wanted[Attribute.LABEL] = f"{_PREFIX}:{kind}:{plain(name)}"
        return [(one, json.loads(bytes(one[Attribute.VALUE]))) for one in session.get_objects(wanted)]

    def _names(self, session: Any) -> set[tuple[Kind, str]]:
        return {(Kind(told["kind"]), told["name"]) for _, told in self._data(session)}

    def _records(self, session: Any, kind: Kind, name: str) -> dict[int, dict]:
        return {told["version"]: told for _, told in self._data(session, kind, name)}

    def _tell(self, session: Any, kind: Kind, name: str, version: int, told: dict) -> None:
        """Write the record of a version; the former one goes after it is there."""
        from pkcs11 import Attribute, ObjectClass

        former = [one for one, was in self._data(session, kind, name) if was["version"] == version]
        content = {"kind": str(kind), "name": name, "version": version} | told
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: True,
                Attribute.APPLICATION: _PREFIX,
                Attribute.LABEL: f"{_PREFIX}:{kind}:{plain(name)}",
                Attribute.VALUE: json.dumps(content).encode(),
            }
        )
        for one in former:
            one.destroy()


def _generated(session: Any, kind: Kind, label: str, mark: bytes) -> bytes | None:
    """Make the key in the token, for its one use and not to be taken out; the public half of a signing key."""
    from pkcs11 import Attribute, KeyType, Mechanism
    from pkcs11.util.ec import encode_named_curve_parameters

    kept = {
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.PRIVATE: True,
        Attribute.TOKEN: True,
    }
    may = {
        Kind.WRAP: {Attribute.ENCRYPT, Attribute.DECRYPT},
        Kind.MAC: {Attribute.SIGN},
        Kind.SIGN: {Attribute.SIGN},
    }[kind]
    every = (
        Attribute.ENCRYPT,
        Attribute.DECRYPT,
        Attribute.WRAP,
        Attribute.UNWRAP,
        Attribute.SIGN,
        Attribute.VERIFY,
    )
    if kind is Kind.SIGN:
        curve = session.create_domain_parameters(
            KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: encode_named_curve_parameters(_ED25519)}, local=True
        )
        public, _ = curve.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=label, id=mark,
            public_template={Attribute.TOKEN: True}, private_template=kept,
        )  # fmt: skip
        # DER: an octet string of 32 bytes.
        return bytes(public[Attribute.EC_POINT])[-32:]
    of, how = (
        (KeyType.AES, Mechanism.AES_KEY_GEN)
        if kind is Kind.WRAP
        else (KeyType.GENERIC_SECRET, Mechanism.GENERIC_SECRET_KEY_GEN)
    )
    template = kept | {one: one in may for one in every}
    session.generate_key(of, 256, label=label, id=mark, store=True, mechanism=how, template=template)
    return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(number: int, told: dict, usable: bool) -> Version:
    made = datetime.fromisoformat(told["made"])
    return Version(
        number, made, None if usable else datetime.fromisoformat(told.get("destroyed", told["made"]))
    )
