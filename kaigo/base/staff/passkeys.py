"""Passkeys: what an authenticator is asked, what of its answers is accepted, and which key it was.

The user must have been verified by the authenticator itself (生体認証 or PIN in the device): presence alone opens
nothing. Administrators' keys must be bound to their device. Nothing here tells the person why: the event does.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kaigo.base.audit.write import record
from kaigo.base.keys.index import index
from kaigo.base.records.context import Context
from kaigo.base.staff.enrolment import spend
from kaigo.base.staff.models import Account, Enrolment, Passkey, PasskeyEnd, PasskeyUse
from kaigo.base.staff.tables import limits

# Far more than any authenticator says.
LONGEST = 32_000
# What the parsers of an answer from outside raise on what is no answer at all.
MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)


class NotAcceptedError(Exception):
    """why, for the event: ceremony | assertion | unknown | ended | verification | device | copied | taken | other | handle.

    passkey: the key that signed, None = none of ours, or the signature was not its own.
    """

    def __init__(self, why: str, passkey: Passkey | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.passkey = passkey


def origin() -> str:
    """The only address whose page may ask for a passkey."""
    parts = urlsplit(settings.SYSTEM_URLS["staff"])
    return f"{parts.scheme}://{parts.netloc}"


def handle(account: int) -> bytes:
    """What the authenticator keeps of whose key it is: nothing that tells anybody anything."""
    return index("user_handle").digest(f"account:{account}")


def keys_of(account: int) -> list[Passkey]:
    """The keys that open an account."""
    return list(Passkey.objects.filter(account_id=account, end__isnull=True).order_by("id"))


def opens(passkey: Passkey) -> bool:
    """Whether it has not been ended, as of this moment."""
    return not PasskeyEnd.objects.filter(passkey=passkey).exists()


def creation(account: Account, challenge: bytes) -> dict:
    """What the browser is told to make a key for."""
    options = generate_registration_options(
        rp_id=settings.RP_ID,
        rp_name="OpenKaigo",
        user_name=account.login,
        user_id=handle(account.id),
        challenge=challenge,
        timeout=limits()["ceremony_minutes"] * 60_000,
        # The model of the authenticator (AAGUID) is told only when it is asked for.
        attestation=AttestationConveyancePreference.DIRECT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(keys_of(account.id)),
    )
    return json.loads(options_to_json(options))


def request(challenge: bytes, keys: list[Passkey] | None = None) -> dict:
    """What the browser is told to let a key sign. keys: only these; None = any that the authenticator has for us."""
    options = generate_authentication_options(
        rp_id=settings.RP_ID,
        challenge=challenge,
        timeout=limits()["ceremony_minutes"] * 60_000,
        allow_credentials=_described(keys or []),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(options_to_json(options))


def _described(keys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=bytes(key.credential)) for key in keys]


def register(
    ctx: Context, account: Account, answer: str, challenge: bytes, enrolment: Enrolment | None
) -> Passkey:
    """A new key of an account; uses the word up. enrolment None: a further key of somebody logged in.

    In the caller's transaction. Raises NotAcceptedError.
    """
    try:
        made = verify_registration_response(
            credential=_short(answer),
            expected_challenge=challenge,
            expected_rp_id=settings.RP_ID,
            expected_origin=origin(),
        )
        transports = parse_registration_credential_json(answer).response.transports or []
    except MALFORMED as error:
        raise NotAcceptedError("assertion") from error
    if not made.user_verified:
        raise NotAcceptedError("verification")
    bound = made.credential_device_type == CredentialDeviceType.SINGLE_DEVICE
    if account.kind == "administrator" and not bound:
        raise NotAcceptedError("device")
    if enrolment is not None:
        spend(enrolment)
    count = Passkey.objects.filter(account=account).count()
    try:
        with transaction.atomic():
            key = Passkey.objects.create(
                account=account, enrolment=enrolment, credential=made.credential_id,
                public_key=made.credential_public_key, model=made.aaguid, device_bound=bound,
                transports=[t.value for t in transports], label=f"鍵{count + 1}",
            )  # fmt: skip
    except IntegrityError as error:
        raise NotAcceptedError("taken") from error
    PasskeyUse.objects.create(passkey=key, signatures=made.sign_count)
    record(ctx, "staff.key_add", f"account:{account.id}", key=key.id)
    return key


def check(answer: str, challenge: bytes, account: int | None = None) -> Passkey:
    """The key that signed the challenge; its counter is kept. account: only a key of this one.

    In the caller's transaction. Raises NotAcceptedError; what must be done about it (a copied key) is the caller's.
    """
    try:
        told = parse_authentication_credential_json(_short(answer))
    except MALFORMED as error:
        raise NotAcceptedError("assertion") from error
    key = Passkey.objects.select_related("account").filter(credential=told.raw_id).first()
    if key is None:
        raise NotAcceptedError("unknown")
    # One signature of a key after the other: two copies at once must not both be in time.
    use = PasskeyUse.objects.select_for_update().get(passkey=key)
    try:
        signed = verify_authentication_response(
            credential=told,
            expected_challenge=challenge,
            expected_rp_id=settings.RP_ID,
            expected_origin=origin(),
            credential_public_key=bytes(key.public_key),
            # The counter is looked at below, of a signature that is the key's own: nobody else ends a key.
            credential_current_sign_count=0,
        )
    except MALFORMED as error:
        raise NotAcceptedError("assertion") from error
    _accept(key, use, told.response.user_handle, signed, account)
    if use.signatures != signed.new_sign_count:
        use.signatures = signed.new_sign_count
        use.save(update_fields=["signatures"])
    return key


def _accept(key: Passkey, use: PasskeyUse, named: bytes | None, signed, account: int | None) -> None:
    """What a true signature must say besides. Raises NotAcceptedError."""
    bound = signed.credential_device_type == CredentialDeviceType.SINGLE_DEVICE
    if hasattr(key, "end"):
        raise NotAcceptedError("ended", key)
    if not signed.user_verified:
        raise NotAcceptedError("verification", key)
    if account is not None and key.account_id != account:
        raise NotAcceptedError("other", key)
    # Without a list of keys to choose from the authenticator must say whose key it is (WebAuthn 7.2, step 6).
    if (named is None and account is None) or (
        named is not None and named not in index("user_handle").every(f"account:{key.account_id}")
    ):
        raise NotAcceptedError("handle", key)
    if bound != key.device_bound or (key.account.kind == "administrator" and not bound):
        raise NotAcceptedError("device", key)
    if (use.signatures or signed.new_sign_count) and signed.new_sign_count <= use.signatures:
        raise NotAcceptedError("copied", key)


def _short(answer: str) -> str:
    if len(answer) > LONGEST:
        raise NotAcceptedError("assertion")
    return answer
