"""Settings: file, environment and command line put together, and what is refused with the nearest key that is known."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.settings import ConfigError, checkout, known_keys, load_settings, recorded_settings

MINIMAL = 'name = "x"\ninputs.path = "in"\nlake.path = "lake"\noutput.path = "out"\n'


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(MINIMAL)
    return path


def test_what_is_not_said_has_its_default(config):
    settings = load_settings(config)
    assert (settings.frequency, settings.horizon, settings.lake.keep_runs_days) == ("day", 28, 400)
    assert settings.replenishment.objective == "cost"


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(config, monkeypatch):
    config.write_text(MINIMAL + "horizon = 3\nseed = 3\n[replenishment]\nlead_time_days = 3\n")
    monkeypatch.setenv("FILLRATE_SEED", "4")
    monkeypatch.setenv("FILLRATE_REPLENISHMENT__LEAD_TIME_DAYS", "4")
    settings = load_settings(config, ["replenishment.lead_time_days=5"])
    assert (settings.horizon, settings.seed, settings.replenishment.lead_time_days) == (3, 4, 5)


def test_where_to_publish_goes_before_all(config):
    assert load_settings(config, ["output.path=a"], output="b").output.path == "b"


def test_what_a_manifest_recorded_is_not_overridden_again(config, monkeypatch):
    recorded = load_settings(config).model_dump(mode="json")
    monkeypatch.setenv("FILLRATE_SEED", "4")
    assert recorded_settings(recorded).seed == 7


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("horizn = 3", "'horizn'; did you mean 'horizon'"),
        ("[replenishment]\nlead_tme_days = 3", "did you mean 'replenishment.lead_time_days'"),
        ("[inputs.sales]\ncolumn = {}", "did you mean 'inputs.sales.columns'"),
        ("[replenish]\nmoq = 3", "did you mean 'replenishment'"),
        ("horizon = 0", "horizon is 0"),
        ('frequency = "month"', "frequency is 'month'"),
        ("[replenishment]\nservice_level = 95", "service_level is 95"),
        ("seed = ", "not readable as TOML"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_found(config, line, said):
    config.write_text(MINIMAL + line + "\n")
    with pytest.raises(ConfigError) as refused:
        load_settings(config)
    assert said in str(refused.value)
    assert str(config) in str(refused.value)


@given(st.text(max_size=40))
def test_any_change_is_taken_or_refused_with_a_config_error(change):
    with contextlib.suppress(ConfigError):
        assert load_settings(checkout() / "configs" / "demo.toml", [change]).inputs.path


@pytest.mark.parametrize("name", ["demo", "nightly", "weekly"])
def test_the_configs_that_are_shipped_can_be_read(name):
    assert load_settings(checkout() / "configs" / f"{name}.toml").name


def test_every_key_is_known_by_its_dotted_name():
    assert {"name", "inputs.sales.columns", "inputs.drivers.known_ahead", "lake.keep_runs_days", "replenishment.moq"} <= set(known_keys())


def test_settings_are_frozen(config):
    with pytest.raises(ValueError, match="frozen"):
        load_settings(config).seed = 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("x = " + "[" * 5_000 + "]" * 5_000, "nested too deeply"),
        (".".join(["a"] * 20_000) + " = 1", "over 32 parts"),
        ('x = {"a b" . ' + ". ".join(["'c'"] * 40) + " = 1}", "over 32 parts"),
        ("[" + ".".join(["a"] * 40) + "]", "over 32 parts"),
        ("seed = " + "9" * 5_000, "4300 digits"),
        ("".join(f"k{number} = 1\n" for number in range(100_000)), "longer than 256 KiB"),
        ("a" * 300_000 + " = 1", "longer than 256 KiB"),
        ("seed = 1\0", "not readable as TOML"),
    ],
    ids=["open brackets", "brackets", "dots", "quoted dots", "table", "digits", "keys", "long key", "zero byte"],
)
def test_a_file_that_would_drown_the_parser_is_refused(config, text, said):
    config.write_text(text + "\n" + MINIMAL)
    with pytest.raises(ConfigError, match="is not readable as TOML") as refused:
        load_settings(config)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 500


def test_many_faults_are_counted_and_long_ones_cut(config):
    config.write_text("".join(f"k{number} = 1\n" for number in range(500)) + f'{"l" * 5_000} = 1\nfrequency = "{"f" * 5_000}"\n' + MINIMAL)
    with pytest.raises(ConfigError, match="and 492 more faults") as refused:
        load_settings(config)
    assert len(str(refused.value)) < 2_000


def test_what_is_read_as_a_config_never_ends(tmp_path):
    (tmp_path / "config.toml").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="longer than 256 KiB"):
        load_settings(tmp_path / "config.toml")


TOML_LIKE = st.one_of(
    st.binary(max_size=200),
    st.text("[]{}=.,\"'\n#\\ abc0-9:TZ\0é", max_size=200).map(str.encode),
    st.lists(st.sampled_from([*known_keys(), "[inputs]", "[[lake]]", "= 1", '= "x"', "= []", "= {a = 1}", "= nan", "= 1979-05-27"])).map(
        lambda parts: "\n".join(parts).encode()
    ),
)


@settings(max_examples=150)
@given(TOML_LIKE, st.booleans())
def test_any_file_is_a_config_or_refused_as_one(tmp_path_factory, content, after):
    path = tmp_path_factory.mktemp("configs") / "config.toml"
    path.write_bytes(MINIMAL.encode() + content if after else content + b"\n" + MINIMAL.encode())
    with contextlib.suppress(ConfigError):
        assert load_settings(path).inputs.path


@pytest.mark.parametrize(
    "change",
    [
        "=1",
        ".=1",
        "a..b=1",
        "inputs=1",
        "inputs.sales.columns={",
        "seed=" + "9" * 5_000,
        "seed=" + "[" * 50_000,
        "a." * 5_000 + "b=1",
        "seed=nan",
        "horizon=-5",
        "horizon=1e400",
        "name=\udc80",
    ],
)
def test_odd_changes_are_refused_in_a_sentence(config, change):
    with contextlib.suppress(ConfigError):
        load_settings(config, [change])
