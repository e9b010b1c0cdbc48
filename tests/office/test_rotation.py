"""Changing keys: everything readable before, during and after; the old key then removable; national ciphers by setting."""

import shutil
import subprocess
import sys

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.make import NOON, make_household, make_person, make_staff, make_village
from tests.web.conftest import code_of
from yimen.office import files, keys, rotation
from yimen.office.access import System, scope
from yimen.office.audit import reading
from yimen.office.vault import VaultError, blind_index, seal, unseal
from yimen.registry.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_keys(settings, tmp_path):
    settings.YIMEN_HOME, settings.YIMEN_KEYS = tmp_path, tmp_path / "keys"
    keys._forget()
    keys.make_keyring()
    yield
    keys._forget()


@pytest.fixture
def people():
    with scope(System("test"), "测试"), reading("核实"):
        home = make_household(make_village())
        for number in range(1, 6):
            make_person(home, name=f"沈小满{number}", number=number, relation="户主" if number == 1 else "子")
        yield Person.objects.order_by("name_keys", "id_index")


def names() -> list[str]:
    return sorted(person.name for person in Person.objects.all())


def test_everything_is_readable_before_during_and_after_and_the_old_key_goes(people):
    stored = files.put(b"content" * 1000, kind="test", name="a.bin", area_path="99.", at=NOON)
    before = names()
    staff = make_staff()
    TOTP.activate(staff, "JBSWY3DPEHPK3PXP")

    number = rotation.rotate(at=NOON)
    assert names() == before
    assert seal("新", place="t.c.1")[2:4] == number.to_bytes(2, "big")
    with pytest.raises(VaultError, match="reseal"):
        rotation.retire(1, at=NOON)

    assert rotation.reseal(at=NOON) == 5 + 1 + 1
    rotation.retire(1, at=NOON)

    assert names() == before
    assert b"".join(files.open_file(stored, purpose="测试")[1]) == b"content" * 1000
    assert TOTP(Authenticator.objects.get(user=staff)).validate_code(code_of("JBSWY3DPEHPK3PXP"))
    assert set(rotation.sealed_with()) == {number}
    assert rotation.reseal(at=NOON) == 0


def test_the_key_in_use_is_never_dropped(people):
    with pytest.raises(VaultError):
        rotation.retire(1, at=NOON)
    with pytest.raises(VaultError, match="没有密钥"):
        rotation.retire(7, at=NOON)


def test_a_change_of_cipher_reads_old_and_new_beside_each_other(people, settings):
    old = seal("沈小满", place="t.c.1")
    settings.YIMEN_CIPHER = "SM4-GCM"
    new = seal("沈小满", place="t.c.1")

    assert (old[1], new[1]) == (1, 2)
    assert unseal(old, place="t.c.1") == unseal(new, place="t.c.1") == "沈小满"
    with pytest.raises(VaultError):
        unseal(new, place="t.c.2")
    assert rotation.reseal(at=NOON) == 5
    assert len(names()) == 5


def test_sm4_gcm_gives_what_rfc_8998_says():
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    plain = bytes.fromhex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
        "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
    )
    also = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    ours = keys._Sm4Gcm(b"\0" * 32)
    ours.key = key
    sealed = ours.encrypt(nonce, plain, also)
    assert sealed[-16:].hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
    assert ours.decrypt(nonce, sealed, also) == plain
    assert Cipher(algorithms.SM4(key), modes.GCM(nonce)) is not None


def test_hmac_sm3_is_the_libraries_own():
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    command = [openssl, "dgst", "-sm3", "-hmac", "k" * 32]
    told = subprocess.run(command, input="一门".encode(), capture_output=True, check=False)
    if told.returncode != 0:
        pytest.skip("this openssl does not know SM3")
    assert keys._hmac_sm3(b"k" * 32, "一门".encode()).hex() == told.stdout.decode().split()[-1]


def test_keys_made_for_the_national_ciphers_index_with_sm3(settings, tmp_path):
    plain = blind_index("id_number", "990101196506150010")
    settings.YIMEN_CIPHER, settings.YIMEN_KEYS = "SM4-GCM", tmp_path / "national"
    keys._forget()
    keys.make_keyring()
    assert keys.keyring().hash == "sm3"
    assert blind_index("id_number", "990101196506150010") != plain


def test_a_process_that_read_the_keys_earlier_opens_what_a_new_key_sealed(people):
    script = (
        "import django; django.setup()\n"
        "from yimen.office import keys\n"
        "keys.add_data_key(); print(keys.seal('后来', place='t.c.1').hex())"
    )
    keys.keyring()
    import os

    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "yimen.settings",
        "YIMEN_KEYS": str(keys._keyring_path().parent),
        "YIMEN_HOME": str(keys._keyring_path().parent.parent / "other"),
    }
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert unseal(bytes.fromhex(told.stdout.strip()), place="t.c.1") == "后来"
