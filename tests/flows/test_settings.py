"""Settings: file, environment and command line put together, and what is refused with the nearest key that is known."""

import contextlib

import pytest
from hypothesis import given
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
