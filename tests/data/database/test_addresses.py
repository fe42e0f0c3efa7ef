"""The way to a database: every address is taken whole or refused, errors say what to mend, and no password is ever in a message."""

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from data.database.addresses import checked_address, input_address, output_address
from data.database.connection import transaction
from data.database.errors import DatabaseError

HEAD, TAIL = "s3cret", "w0rd"


@given(middle=st.text(max_size=8))
@example(middle="@/:?#%[] \n")
def test_a_password_percent_encoded_is_taken_and_not_shown(middle):
    password = HEAD + middle + TAIL
    address = checked_address("URL", SecretStr(f"postgresql://me:{quote(password, safe='')}@db.example:5433/erp"))
    assert address.where == "db.example:5433/erp"
    assert HEAD not in repr(address)
    assert TAIL not in repr(address)
    assert address.without_secrets(f"x {password} y") == "x … y"


@given(middle=st.text(alphabet="@/:?#%[] ab1", min_size=1, max_size=8))
@example(middle="@")
def test_a_password_with_bare_marks_is_taken_whole_or_refused_without_quoting_any_of_it(middle):
    try:
        address = checked_address("URL", SecretStr(f"postgresql://me:{HEAD}{middle}{TAIL}@db.example:5433/erp"))
    except DatabaseError as error:
        said = str(error)
        assert "percent-encoded" in said
    else:
        said = repr(address)
        assert address.where == "db.example:5433/erp"
    assert HEAD not in said
    assert TAIL not in said


@pytest.mark.parametrize("url", ["garbage", "mysql://me:s3cret@db/erp", "host=db password=s3cret", "postgresql://me:s3cret@db:port/erp"])
def test_what_is_no_address_is_refused_without_quoting_it(url):
    with pytest.raises(DatabaseError, match="FILLRATE_DATABASE_URL is no well-formed address") as caught:
        checked_address("FILLRATE_DATABASE_URL", SecretStr(url))
    assert "s3cret" not in str(caught.value)


def test_without_an_address_the_variable_is_named(monkeypatch):
    monkeypatch.delenv("FILLRATE_DATABASE_URL", raising=False)
    with pytest.raises(DatabaseError, match="FILLRATE_DATABASE_URL names no database"):
        input_address()


def test_output_goes_to_a_database_of_its_own_or_to_that_of_the_inputs(monkeypatch):
    monkeypatch.setenv("FILLRATE_DATABASE_URL", "postgresql://me:a@erp.example/erp")
    assert output_address().where == "erp.example/erp"
    monkeypatch.setenv("FILLRATE_OUTPUT_DATABASE_URL", "postgresql://me:b@bi.example/bi")
    assert output_address().where == "bi.example/bi"
    assert input_address().where == "erp.example/erp"


def failure(url):
    with pytest.raises(DatabaseError) as caught, transaction(checked_address("URL", SecretStr(url)), seconds=5):
        pass
    return str(caught.value)


def test_whatever_stands_between_is_told_with_where_and_what_to_mend(postgres):
    wrong = failure(postgres.url("shop", password="s3cret"))
    assert f"127.0.0.1:{postgres.port}/shop: it does not accept the user and password. Mend them in URL." in wrong
    assert "does not accept the user" in failure(postgres.url("shop", user="nobody"))
    assert "it has no database of that name" in failure(postgres.url("shpo"))
    down = failure(postgres.url("shop").replace(f":{postgres.port}/", ":1/"))
    assert "127.0.0.1:1/shop: it does not answer. Start it, or mend host and port in URL." in down
    assert "it does not answer" in failure("postgresql://me:s3cret@no-such-host.invalid/shop")
    for said in (wrong, down):
        assert "s3cret" not in said
        assert postgres.password not in said


def test_an_error_in_the_block_undoes_all_of_it(postgres):
    def half():
        with transaction(checked_address("URL", SecretStr(postgres.url("shop"))), seconds=5) as cursor:
            cursor.execute("CREATE TABLE half (a int)")
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(DatabaseError, match="division by zero") as caught:
        half()
    assert caught.value.state == "22012"
    assert postgres.execute("SELECT to_regclass('half')::text", database="shop") == [(None,)]
