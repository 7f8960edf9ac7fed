"""Configuration: three ways to give it, one order, and errors that name what is wrong."""

import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tokenomics_shared import ConfigError, Engine, TokenomicsConfig
from tokenomics_shared.config import CascadingConfig, MemoryConfig


def test_defaults_are_the_documented_ones() -> None:
    config = TokenomicsConfig()
    memory, cascading = config.memory, config.cascading
    assert (memory.similarity_threshold, memory.direct_return_threshold) == (0.70, 0.85)
    assert (memory.use_exact_cache, memory.persistent_cache_path) == (True, None)
    orchestrator = config.orchestrator
    assert (orchestrator.default_token_budget, orchestrator.max_context_tokens) == (4000, 8000)
    bandit, judge, audit = config.bandit, config.judge, config.audit
    assert (bandit.algorithm, bandit.exploration_rate) == ("linear_thompson", 0.1)
    assert (bandit.aim, bandit.target, bandit.reward) == ("balanced", 0.95, "quality")
    assert judge.judges == ("checks", "scorer")
    assert (audit.enabled, audit.rate, audit.max_rate, audit.max_cost_share) == (
        True,
        0.01,
        0.25,
        0.05,
    )
    assert (cascading.enabled, cascading.quality_threshold) == (True, 0.85)
    assert (cascading.use_lightweight_check, cascading.use_escalation_prediction) == (True, True)
    assert cascading.escalation_prediction_threshold == 0.7
    assert (config.log_level, config.log_file) == (None, None)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "tokenomics.toml"
    path.write_text(
        """
        state_dir = "state"
        [memory]
        ttl_s = 60
        max_entries = 5
        [cascading]
        quality_threshold = 0.9
        cheap_model = "openai:gpt-4o-mini"
        [prices."my-model"]
        input = "0.5"
        output = 1.5
        """
    )
    return path


def test_a_file_is_read(toml: Path) -> None:
    config = TokenomicsConfig.load(toml)
    assert (config.memory.ttl_s, config.cascading.quality_threshold) == (60, 0.9)
    assert config.state_dir == Path("state")
    assert config.prices["my-model"].input == Decimal("0.5")


def test_the_environment_names_the_file(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENOMICS_CONFIG", str(toml))
    assert TokenomicsConfig.load().memory.max_entries == 5


def test_keywords_win_over_the_environment_and_that_over_the_file(
    toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENOMICS_MEMORY__MAX_ENTRIES", "6")
    monkeypatch.setenv("tokenomics_memory__ttl_s", "61")
    monkeypatch.setenv("TOKENOMICS_LOG_LEVEL", "INFO")
    config = TokenomicsConfig.load(toml, memory={"max_entries": 7})
    assert (config.memory.max_entries, config.memory.ttl_s) == (7, 61)
    assert config.cascading.quality_threshold == 0.9
    assert config.log_level == "INFO"


def test_sections_are_given_as_objects_too() -> None:
    config = TokenomicsConfig(cascading=CascadingConfig(quality_threshold=0.5))
    changed = config.replace(memory=MemoryConfig(ttl_s=5), cascading={"enabled": False})
    assert changed.cascading.quality_threshold == 0.5
    assert (changed.cascading.enabled, changed.memory.ttl_s) == (False, 5)
    assert config.cascading.enabled


@pytest.mark.parametrize(
    ("settings", "target"),
    [
        ({}, 0.95),
        ({"aim": "save"}, 0.90),
        ({"aim": "quality"}, 0.98),
        ({"quality_target": 0.8}, 0.8),
        ({"quality_target": 1.0, "aim": "save"}, 1.0),
        ({"aim": None}, None),
        ({"aim": None, "quality_target": 0.3}, 0.3),
    ],
)
def test_a_number_wins_over_the_words_for_it(settings: Any, target: float | None) -> None:
    assert TokenomicsConfig(bandit=settings).bandit.target == target


def test_off_switches_every_part_off() -> None:
    config = TokenomicsConfig.off(log_level="ERROR")
    assert not config.audit.enabled
    assert not config.memory.use_exact_cache
    assert not config.bandit.enabled
    assert not config.cascading.enabled
    assert not config.orchestrator.enabled
    assert config.log_level == "ERROR"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"memry": {}}, ["memry", "no such setting"]),
        ({"memory": {"use_exact_cach": True}}, ["memory.use_exact_cach", "no such setting"]),
        ({"memory": {"similarity_threshold": 1.7}}, ["memory.similarity_threshold = 1.7", "1"]),
        ({"memory": {"similarity_threshold": 0.9}}, ["similarity_threshold 0.9 is above", "0.85"]),
        ({"memory": {"max_entries": 0}}, ["memory.max_entries = 0", "greater than 0"]),
        ({"memory": {"ttl_s": -1}}, ["memory.ttl_s = -1", "greater than 0"]),
        ({"memory": {"max_false_hit_rate": 0}}, ["memory.max_false_hit_rate = 0"]),
        ({"memory": {"audit_rate": 0.5}}, ["memory.audit_rate = 0.5", "0.05"]),
        (
            {"orchestrator": {"default_token_budget": -5}},
            ["orchestrator.default_token_budget = -5", "greater than 0"],
        ),
        ({"bandit": {"algorithm": "oracle"}}, ["bandit.algorithm = 'oracle'", "'ucb'"]),
        ({"bandit": {"exploration_rate": float("nan")}}, ["bandit.exploration_rate"]),
        (
            {"bandit": {"quality_target": 0}},
            ["bandit.quality_target = 0", "greater than 0"],
        ),
        (
            {"bandit": {"quality_target": 1.01}},
            ["bandit.quality_target = 1.01", "less than or equal to 1"],
        ),
        ({"bandit": {"quality_target": -0.5}}, ["bandit.quality_target = -0.5"]),
        ({"bandit": {"quality_target": float("nan")}}, ["bandit.quality_target = nan"]),
        ({"bandit": {"aim": "cheap"}}, ["bandit.aim = 'cheap'", "'save'", "'balanced'"]),
        ({"bandit": {"reward": "money"}}, ["bandit.reward = 'money'", "'blended'"]),
        ({"bandit": {"features": "all"}}, ["bandit.features = 'all'", "'surface'"]),
        ({"bandit": {"forgetting": 0.5}}, ["bandit.forgetting = 0.5", "0.9"]),
        ({"bandit": {"cost_lambda": float("inf")}}, ["bandit.cost_lambda = inf", "finite"]),
        ({"judge": {"judges": ("oracle",)}}, ["judge.judges", "'oracle'", "'scorer'"]),
        ({"judge": {"judges": ("llm",)}}, ["judges has 'llm', which needs judge.model"]),
        ({"judge": {"judges": ("agreement",)}}, ["needs judge.second_model"]),
        ({"judge": {"judges": ("reference",)}}, ["needs judge.reference"]),
        ({"judge": {"timeout_s": 0}}, ["judge.timeout_s = 0", "greater than 0"]),
        ({"judge": {"metric": "meteor"}}, ["judge.metric = 'meteor'", "'bleu'"]),
        ({"audit": {"rate": 0.3}}, ["rate 0.3 is above max_rate 0.25"]),
        ({"audit": {"rate": 0}}, ["audit.rate = 0", "greater than 0"]),
        ({"audit": {"max_rate": 1.5}}, ["audit.max_rate = 1.5", "less than or equal to 1"]),
        ({"audit": {"max_cost_share": -0.1}}, ["audit.max_cost_share = -0.1"]),
        ({"audit": {"confidence": 1.0}}, ["audit.confidence = 1.0", "less than 1"]),
        ({"cascading": {"quality_threshold": 2}}, ["cascading.quality_threshold = 2"]),
        (
            {"cascading": {"escalation_prediction_threshold": 0}},
            ["cascading.escalation_prediction_threshold = 0"],
        ),
        ({"prices": {"m": {"input": -1, "output": 1}}}, ["prices.m.input = -1"]),
        ({"prices": {"m": {"input": 1}}}, ["prices.m.output"]),
        ({"llm": {"temperature": 9}}, ["llm.temperature = 9", "less than or equal to 2"]),
        ({"state_dir": ""}, ["state_dir = ''", "the path is empty"]),
        ({"telemetry": {"ledger_path": " "}}, ["telemetry.ledger_path = ' '", "is empty"]),
        ({"log_level": "LOUD"}, ["log_level = 'LOUD'", "'DEBUG'"]),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        TokenomicsConfig(**settings)
    for words in named:
        assert words in str(caught.value)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"memory\.max_entries.*; .*bandit\.what"):
        TokenomicsConfig(memory={"max_entries": 0}, bandit={"what": 1})


@pytest.mark.parametrize("name", ["TOKENOMICS_MEMRY__TTL_S", "TOKENOMICS_NOPE", "tokenomics_nope"])
def test_an_unknown_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigError, match=f"environment variable {name}"):
        TokenomicsConfig()


def test_an_unknown_nested_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENOMICS_MEMORY__TLL", "1")
    with pytest.raises(ConfigError, match=r"memory\.tll"):
        TokenomicsConfig()


def test_variables_that_are_no_settings_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENOMICS_DATA", "/somewhere")
    monkeypatch.setenv("TOKENOMICS_COMPATIBLE_API_KEY", "key")
    assert TokenomicsConfig() == TokenomicsConfig()


@pytest.mark.parametrize("name", ["TOKENOMICS_PRICES", "TOKENOMICS_MEMORY"])
@pytest.mark.parametrize("make", [TokenomicsConfig, TokenomicsConfig.load])
def test_a_variable_that_is_no_json_is_named_and_not_shown(
    make: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "{secret")
    with pytest.raises(ConfigError, match=f"environment variable {name} is not JSON") as caught:
        make()
    assert "secret" not in str(caught.value)


def test_an_object_leaves_to_the_environment_what_it_does_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOKENOMICS_MEMORY__TTL_S", "60")
    monkeypatch.setenv("TOKENOMICS_MEMORY__MAX_ENTRIES", "9")
    for given in (MemoryConfig(max_entries=3), {"max_entries": 3}):
        for make in (TokenomicsConfig, TokenomicsConfig.load, TokenomicsConfig.off):
            memory = make(memory=given).memory
            assert (memory.max_entries, memory.ttl_s) == (3, 60)


def test_a_value_where_settings_belong_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flat.toml"
    path.write_text("memory = 5")
    monkeypatch.setenv("TOKENOMICS_MEMORY__TTL_S", "60")
    with pytest.raises(ConfigError, match="memory: must hold settings by name, not 5"):
        TokenomicsConfig.load(path)
    monkeypatch.delenv("TOKENOMICS_MEMORY__TTL_S")
    with pytest.raises(ConfigError, match="memory = 5"):
        TokenomicsConfig.load(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml can't be read: No such file"):
        TokenomicsConfig.load(tmp_path / "nowhere.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[memory")
    with pytest.raises(ConfigError, match=r"broken\.toml is not TOML"):
        TokenomicsConfig.load(broken)


def test_state_goes_where_the_part_says_or_else_into_the_folder(tmp_path: Path) -> None:
    config = TokenomicsConfig(state_dir=tmp_path)
    assert config.path_of(None, "cache.db") == tmp_path / "cache.db"
    assert config.path_of(Path("own.db"), "cache.db") == Path("own.db")
    assert TokenomicsConfig().path_of(None, "cache.db") is None
    assert TokenomicsConfig(state_dir="~/state").path_of(None, "x") == Path.home() / "state" / "x"


def test_a_configuration_is_fixed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        TokenomicsConfig().log_level = "INFO"  # type: ignore[misc]


def test_logging_is_touched_only_as_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    logger = logging.getLogger("tokenomics")
    before = (logger.level, list(logger.handlers))
    Engine.build(TokenomicsConfig()).close()
    assert (logger.level, logger.handlers) == before
    path = tmp_path / "tokenomics.log"
    for given in (path, Path("~/tokenomics.log")):
        Engine.build(TokenomicsConfig(log_level="INFO", log_file=given)).close()
    try:
        assert logger.level == logging.INFO
        assert len(logger.handlers) == len(before[1]) + 1
        logger.info("written")
        assert "INFO tokenomics written" in path.read_text()
        assert path.stat().st_mode & 0o077 == 0
    finally:
        logger.setLevel(before[0])
        logger.handlers[-1].close()
        logger.handlers[:] = before[1]


def test_a_log_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"log_file .*no/where.log can't be written: No such"):
        Engine.build(TokenomicsConfig(log_file=tmp_path / "no" / "where.log"))


class OwnModel(BaseModel):
    """A model of somebody else's, made with pydantic as chat models are."""

    name: str = "own"


@pytest.mark.parametrize(
    ("section", "setting"), [("judge", "model"), ("judge", "second_model"), ("memory", "embedder")]
)
def test_what_is_given_as_an_object_stays_that_object(section: str, setting: str) -> None:
    given = OwnModel(name="given")
    config = TokenomicsConfig(**{section: {setting: given}})
    for each in (
        config,
        config.replace(log_level="INFO"),
        TokenomicsConfig.load(**{section: {setting: given}}),
    ):
        assert getattr(getattr(each, section), setting) is given


@pytest.mark.parametrize(
    ("given", "method"), [(True, "auto"), (False, "off"), ("llmlingua2", "llmlingua2")]
)
def test_compression_may_be_said_in_one_word(given: Any, method: str) -> None:
    assert TokenomicsConfig(compression=given).compression.method == method
    over = TokenomicsConfig(compression={"ratio": 0.2}).replace(compression={"method": method})
    assert (over.compression.method, over.compression.ratio) == (method, 0.2)
