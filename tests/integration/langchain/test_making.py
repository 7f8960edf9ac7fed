"""Making a chat model: of what, how configured, shared, copied, pickled, and what is refused."""

import copy
import json
import pickle
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.runnables import ConfigurableField
from langchain_openai import ChatOpenAI
from packaging.version import Version
from pydantic import SecretStr

from tests.conftest import openai_model
from tests.integration.langchain.conftest import CHEAP, PREMIUM, STEADY, Make
from tests.integration.langchain.test_calls import told
from tokenomics_langchain import ChatTokenomics, Strategy, TokenomicsConfig, models
from tokenomics_shared import ConfigError, Engine, MissingExtra, StoreError
from tokenomics_shared.config import CascadingConfig
from tokenomics_shared.testing import LoopbackServer

EASY, HARD = "What is easy?", "What is hard?"

TRYING: dict[str, Any] = STEADY | {"bandit": {"algorithm": "ucb", "reward": "blended"}}
"""Tries every arm once before it chooses."""


def test_models_may_be_strings(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    llm = ChatTokenomics(
        cheap=f"openai:{CHEAP}@{server.url}", premium=f"openai:{PREMIUM}@{server.url}", **STEADY
    )
    assert CHEAP in llm.invoke(EASY).text
    assert "".join(chunk.text for chunk in llm.stream(HARD))
    # The key for OpenAI is nobody else's business, and streams report their usage.
    assert {headers["authorization"] for headers in server.headers} == {"Bearer none"}
    assert not any(model.estimated for model in llm.engine.report().totals.models)


def test_a_compatible_server_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENOMICS_COMPATIBLE_API_KEY", "theirs")
    with LoopbackServer(api_key="theirs") as server:
        llm = ChatTokenomics(
            cheap=f"openai:a@{server.url}", premium=f"openai:b@{server.url}", max_retries=0
        )
        assert llm.invoke(EASY).text


def test_one_key_is_not_shown_to_two_providers(server: LoopbackServer) -> None:
    with pytest.raises(ConfigError, match=r"api_key: .* are of different providers or addresses"):
        ChatTokenomics(
            cheap=f"openai:{CHEAP}@{server.url}", premium="openai:gpt-4o", api_key=SecretStr("k")
        )
    llm = ChatTokenomics(
        cheap=f"openai:{CHEAP}@{server.url}",
        premium=f"openai:{PREMIUM}@{server.url}",
        api_key=SecretStr("theirs"),
    )
    llm.invoke(EASY)
    assert server.headers[0]["authorization"] == "Bearer theirs"


def test_a_wrong_api_key_is_said_at_once_and_costs_nothing() -> None:
    from openai import AuthenticationError

    with LoopbackServer(api_key="right") as server:
        llm = ChatTokenomics(cheap=openai_model(server, CHEAP), premium=openai_model(server, "b"))
        with pytest.raises(AuthenticationError):
            llm.invoke(EASY)
        assert [request["model"] for request in server.requests] == [CHEAP]
    totals = llm.engine.report().totals
    assert (totals.failed, totals.cost) == (1, 0)


def test_strings_become_their_providers_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    llm = ChatTokenomics(cheap="openai:gpt-4o-mini", premium="openai:gpt-4o", timeout=3.5)
    assert isinstance(llm.cheap, ChatOpenAI)
    assert (llm.cheap.model_name, llm.cheap.stream_usage) == ("gpt-4o-mini", True)
    assert llm.cheap.request_timeout == 3.5
    assert "any" not in repr(llm).replace("Any", "")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("gpt-4o", "not of the form 'provider:name'"),
        ("openai:", "not of the form"),
        ("openai:name@host:8000", "must start with http"),
        ("openai:x@", "'openai:x@': its address must start with http"),
        ("openai:gpt-4o ", "'openai:gpt-4o ': there is a space in it"),
        (" openai:gpt-4o", "' openai:gpt-4o': there is a space in it"),
        ("openai:x@http://host/v1\n", "there is a space in it"),
        ("OpenAI:gpt-4o", "no provider 'OpenAI'; did you mean 'openai:gpt-4o'"),
        ("Anthropic:claude", "did you mean 'anthropic:claude'"),
        ("anthropic:claude@http://host/v1", "only 'openai:' models take an address"),
        ("nobody:model", "nobody:model"),
    ],
)
def test_strings_that_name_no_model_are_refused(spec: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        ChatTokenomics(cheap=spec, premium="openai:x@http://127.0.0.1:9/v1")


def test_without_langchain_every_provider_there_could_be_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from langchain.chat_models.base import _BUILTIN_PROVIDERS

    listed = set(models._LANGCHAINS.split(", "))
    # Older ones know fewer.
    if Version(version("langchain")) >= Version("1.4"):
        assert listed <= set(_BUILTIN_PROVIDERS)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(ConfigError) as caught:
        ChatTokenomics(premium="nobody:model")
    for name in ("azure_openai", "google_genai", "google_vertexai", "openai", *listed):
        assert name in str(caught.value)


def test_a_model_that_its_provider_refuses_to_make_is_named() -> None:
    with pytest.raises(ConfigError, match=r"model 'openai:gpt-4o': .*(?i:credentials|api_key)"):
        ChatTokenomics(cheap="openai:gpt-4o-mini@http://127.0.0.1:9/v1", premium="openai:gpt-4o")


def test_a_provider_whose_package_is_missing_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "langchain_google_genai", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tokenomics-llm\[vertexai\]'"):
        ChatTokenomics(
            cheap="google_vertexai:gemini-2.0-flash", premium="openai:x@http://127.0.0.1:9/v1"
        )


def test_bound_models_keep_what_is_bound(make: Make, server: LoopbackServer) -> None:
    llm = make(premium=openai_model(server, PREMIUM).bind(top_p=0.3, stop=["zzz"]))
    llm.invoke(HARD)
    assert server.requests[-1]["top_p"] == 0.3
    list(llm.bind_tools([]).stream(f"{HARD} again"))
    assert server.requests[-1]["top_p"] == 0.3
    assert server.requests[0].get("top_p") is None


def test_any_chat_model_will_do() -> None:
    llm = ChatTokenomics(
        cheap=FakeListChatModel(responses=["Paris is the capital of France, says the cheap one."]),
        premium=FakeListChatModel(responses=["Paris"]),
        **STEADY,
    )
    message = llm.invoke("What is the capital of France?")
    assert told(message)["strategy"] == "cheap"
    assert told(message)["cost"] is None
    assert "".join(c.text for c in llm.stream("How many people live there?")) == "Paris"


def test_a_third_tier_and_strategies(server: LoopbackServer) -> None:
    llm = ChatTokenomics(
        cheap=openai_model(server, CHEAP),
        balanced=openai_model(server, "gpt-4.1"),
        premium=openai_model(server, PREMIUM),
        **TRYING,
    )
    arms = [told(llm.invoke(f"{EASY} {n}"))["strategy"] for n in range(3)]
    assert arms == ["cheap", "balanced", "premium"]


def test_strategies_bring_models_and_parameters(server: LoopbackServer) -> None:
    shared = openai_model(server, CHEAP)
    llm = ChatTokenomics(
        strategies=[
            Strategy("short", tier="small", model=shared, max_tokens=300, temperature=0.7),
            Strategy("long", tier="small", model=shared, max_tokens=600, top_p=0.9),
            Strategy("premium", model=f"openai:{PREMIUM}@{server.url}", max_tokens=1200),
        ],
        **TRYING,
    )
    arms = [told(llm.invoke(f"{EASY} {n}"))["strategy"] for n in range(3)]
    assert arms == ["short", "long", "premium"]
    limits = [request["max_completion_tokens"] for request in server.requests]
    assert limits == [300, 600, 1200]
    assert server.requests[0]["temperature"] == 0.7
    assert server.requests[1]["top_p"] == 0.9
    llm.invoke(f"{EASY} more", max_tokens=50, temperature=0.1)
    assert server.requests[-1]["max_completion_tokens"] == 50
    assert server.requests[-1]["temperature"] == 0.1


def test_strategies_may_refer_to_tiers(make: Make, server: LoopbackServer) -> None:
    llm = make(strategies=[Strategy("only", tier="premium")])
    assert PREMIUM in llm.invoke(EASY).text


def test_premium_is_the_baseline_whether_or_not_strategies_mention_it(
    make: Make, server: LoopbackServer
) -> None:
    llm = make(strategies=[Strategy("short", tier="cheap", max_tokens=50)])
    assert [arm.arm_id for arm in llm.roster.arms] == ["short", "premium"]
    draft, escalated = told(llm.invoke(EASY)), told(llm.invoke(HARD))
    assert (draft["strategy"], escalated["strategy"]) == ("short", "premium")
    assert draft["baseline_cost"] > 5 * draft["cost"]
    assert "max_completion_tokens" not in server.requests[-1]


def test_premium_of_the_configuration_is_the_baseline_of_strategies_too(
    server: LoopbackServer,
) -> None:
    tiers = {"cheap_model": CHEAP, "premium_model": PREMIUM}
    llm = ChatTokenomics(
        strategies=[Strategy("short", tier="cheap", max_tokens=50)],
        cascading={tier: f"openai:{model}@{server.url}" for tier, model in tiers.items()},
    )
    assert llm.roster.tiers[llm.roster.premium.tier].model == PREMIUM


def test_models_that_known_prices_put_in_another_order_are_told_of_once(
    make: Make, server: LoopbackServer, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"cheap": openai_model(server, PREMIUM), "premium": openai_model(server, CHEAP)}
    for _ in range(2):
        make(**given)
    (record,) = caplog.records
    assert "cheap (gpt-4o) costs more than premium (gpt-4o-mini)" in record.getMessage()
    caplog.clear()
    make()
    make(**given, prices={CHEAP: {"input": 30, "output": 1}})
    assert not caplog.records


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"strategies": [Strategy("a", tier="fast")]}, "unknown tier 'fast', known: cheap, prem"),
        ({"strategies": []}, "strategies is empty"),
        ({"strategies": [Strategy("second")]}, "'second': tier 'second' is a judge's name"),
        (
            {"strategies": [Strategy("best", tier="premium"), Strategy("short", tier="cheap")]},
            r"cheapest first: 'best' \(tier 'premium'\) comes before 'short' \(tier 'cheap'\)",
        ),
        (
            {"strategies": [Strategy("a", tier="cheap"), Strategy("a", tier="premium")]},
            "same arm_id twice",
        ),
        ({"orchestrator": {"default_token_budget": -1}}, r"default_token_budget = -1.*than 0"),
        ({"memory": {"use_exact_cach": False}}, r"memory\.use_exact_cach: there is no such"),
        ({"quality": 0.9}, "quality: there is no such setting"),
        ({"nested": "all"}, "nested = 'all'"),
        ({"premium": 5}, "must be a LangChain chat model or a string, got int"),
        ({"judge": 5}, "judge must be a judge or a function, got int"),
        ({"prices": {"gpt-4o": {"input": -1, "output": 0}}}, r"prices\.gpt-4o\.input = -1"),
        ({"config": "nowhere.toml"}, "nowhere.toml can't be read"),
        ({"config": 5}, "config must be a TokenomicsConfig, a mapping or a path, got int"),
        ({"config": {"memory": {"ttl_s": -1}}}, r"memory\.ttl_s = -1.*greater than 0"),
        ({"max_tokens": -5}, "max_tokens = -5.*greater than 0"),
        ({"temperature": -5}, "temperature = -5.*greater than or equal to 0"),
        ({"temperature": 9}, "temperature = 9.*less than or equal to 2"),
        ({"state_dir": ""}, "state_dir = ''.*the path is empty"),
        ({"timeout": -5}, "timeout = -5.*greater than 0"),
        ({"max_retries": "many"}, "max_retries = 'many'"),
        ({"strategies": "cheap"}, "strategies must be a list, got str"),
        ({"strategies": {"cheap": 1}}, "strategies must be a list, got dict"),
        ({"strategies": ["openai:x"]}, r"strategies\.0 must be a Strategy, got str"),
        (
            {"strategies": [Strategy("premium", max_tokens=-5)]},
            "strategy 'premium': max_tokens = -5.*greater than 0",
        ),
        (
            {"strategies": [Strategy("premium", temperature="hot")]},  # type: ignore[arg-type]
            "strategy 'premium': temperature = 'hot'",
        ),
        ({"strategies": [Strategy("premium", top_p=1.5)]}, "top_p = 1.5.*less than or equal to 1"),
    ],
)
def test_what_is_impossible_is_named_before_anything_is_asked(
    settings: dict[str, Any], reason: str, make: Make, server: LoopbackServer
) -> None:
    with pytest.raises(ConfigError, match=reason):
        make(**settings)
    assert not server.requests


KEY = "-".join(["sk", "very", "secret"])
"""Not in any line of source that a traceback could show."""


@pytest.mark.parametrize(
    "settings",
    [
        {"nested": "all"},
        {"quality": 0.9},
        {"timeout": "soon"},
        {"max_retries": "many"},
        {"premium": None},
        {"premium": "openai:m@ftp://me:{key}@host/v1"},
        {"premium": "azure_openai:m@https://{key}@host/v1"},
        {"premium": "openai:m", "cheap": "openai:m@http://me:{key}@host/v1"},
        {"premium": "mistralai:m"},
        {"api_key": ["{key}"]},
        {"llm": {"api_key": "{key}"}},
        {"prices": {"m": {"input": 1, "api_key": "{key}"}}},
        {"strategies": [Strategy("premium"), Strategy("premium")]},
        {"strategies": [Strategy("fast")]},
        {"environment": "TOKENOMICS_LLM"},
        {"environment": "TOKENOMICS_LLM__API_KEY"},
        {"environment": "TOKENOMICS_API_KEY"},
    ],
    ids=str,
)
def test_no_error_shows_a_key(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    given = json.loads(json.dumps(settings, default=repr).replace("{key}", KEY))
    given = {**given, **({"strategies": settings["strategies"]} if "strategies" in given else {})}
    if "environment" in given:
        monkeypatch.setenv(given.pop("environment"), KEY)
    given = {"premium": "openai:x@http://127.0.0.1:9/v1", "api_key": KEY, **given}
    with pytest.raises(ConfigError) as caught:
        ChatTokenomics(**given)
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown.replace("KEY", "")
    assert "configuration =" not in shown


def test_a_mapping_is_a_configuration_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENOMICS_MEMORY__MAX_ENTRIES", "6")
    given = {"memory": {"ttl_s": 3, "max_entries": 5}, "llm": {"temperature": 0.4}}
    llm = make(config=given, memory={"max_entries": 7})
    memory = llm.engine.config.memory
    assert (memory.ttl_s, memory.max_entries, llm.temperature) == (3, 7, 0.4)


def test_a_tier_without_an_arm_may_be_named(make: Make, server: LoopbackServer) -> None:
    cheap = openai_model(server, CHEAP)
    llm = make(cheap=cheap, strategies=[Strategy("only", tier="premium", max_tokens=3)])
    message = llm.invoke(EASY, model="cheap")
    assert (told(message)["model"], told(message)["strategy"]) == (CHEAP, "cheap")
    assert told(llm.invoke(EASY, model="cheap"))["cache_hit"]
    cheap.temperature = 0.5
    assert not told(llm.invoke(EASY, model="cheap"))["cache_hit"]
    assert llm.invoke(EASY).response_metadata["model_name"] == PREMIUM


def test_the_same_model_twice_is_no_choice(server: LoopbackServer) -> None:
    model = openai_model(server, CHEAP)
    with pytest.raises(ConfigError, match="cheap and premium are the same model"):
        ChatTokenomics(cheap=model, premium=model)
    with pytest.raises(ConfigError, match="cheap and premium are the same model"):
        ChatTokenomics(cheap=f"openai:a@{server.url}", premium=f"openai:a@{server.url}")


def test_premium_is_needed_and_enough(make: Make, server: LoopbackServer) -> None:
    with pytest.raises(ConfigError, match="a premium model is needed"):
        ChatTokenomics(cheap=openai_model(server, CHEAP))
    alone = ChatTokenomics(premium=openai_model(server, PREMIUM))
    alone.invoke(EASY)
    assert told(alone.invoke(EASY))["cache_hit"]


def test_a_foreign_file_is_refused(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "diary.db"
    path.write_text("Dear diary")
    for settings in (
        {"memory": {"persistent_cache_path": path}},
        {"telemetry": {"ledger_path": path}},
    ):
        with pytest.raises(StoreError, match=r"diary\.db is not a Tokenomics"):
            make(**settings)
    assert path.read_text() == "Dear diary"


def test_configuration_comes_from_a_file_keywords_and_environment(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tokenomics.toml"
    path.write_text(
        f"""
        [cascading]
        cheap_model = "openai:{CHEAP}@{server.url}"
        premium_model = "openai:{PREMIUM}@{server.url}"
        quality_threshold = 0.2
        [bandit]
        enabled = false
        [llm]
        temperature = 0.4
        """
    )
    monkeypatch.setenv("TOKENOMICS_MEMORY__USE_EXACT_CACHE", "false")
    llm = ChatTokenomics(config=path, cascading=CascadingConfig(quality_threshold=0.99))
    config = llm.engine.config
    assert (config.cascading.quality_threshold, config.memory.use_exact_cache) == (0.99, False)
    for _ in range(2):
        assert told(llm.invoke(HARD))["cascading_escalated"]
    assert {request["temperature"] for request in server.requests} == {0.4}


def test_a_judge_of_ones_own(make: Make) -> None:
    strict = make(judge=lambda question, answer: 0.0)
    assert told(strict.invoke(EASY))["cascading_escalated"]
    lenient = make(judge=lambda question, answer: 1.0)
    assert not told(lenient.invoke(HARD))["cascading_escalated"]


def test_prices_of_ones_own(make: Make) -> None:
    llm = make(prices={CHEAP: {"input": "1000000", "output": 0}})
    message = llm.invoke(EASY)
    assert told(message)["cost"] == told(message)["input_tokens"]


def test_a_shared_engine_keeps_one_ledger_and_tells_models_apart(
    make: Make, server: LoopbackServer
) -> None:
    one = make()
    two = ChatTokenomics(
        cheap=openai_model(server, "gpt-4.1-mini"),
        premium=openai_model(server, PREMIUM),
        engine=one.engine,
    )
    one.invoke(EASY)
    assert not told(two.invoke(EASY))["cache_hit"]
    assert told(one.invoke(EASY))["cache_hit"]
    assert two.engine.report().totals.requests == 3
    with pytest.raises(ConfigError, match="memory: the engine that is given has its config"):
        ChatTokenomics(premium=two.premium, engine=one.engine, memory={"ttl_s": 1})


def test_settings_of_a_model_that_change_change_the_key(
    make: Make, server: LoopbackServer
) -> None:
    premium = openai_model(server, PREMIUM)
    llm = make(premium=premium)
    llm.invoke(EASY)
    assert told(llm.invoke(EASY))["cache_hit"]
    premium.temperature = 1.5
    assert not told(llm.invoke(EASY))["cache_hit"]


def test_configurable_fields_share_engine_and_memory(make: Make, server: LoopbackServer) -> None:
    llm = make().configurable_fields(temperature=ConfigurableField(id="heat"))
    llm.invoke(EASY)
    warm = llm.with_config(configurable={"heat": 0.9})
    assert not told(warm.invoke(EASY))["cache_hit"]
    assert server.requests[-1]["temperature"] == 0.9
    assert told(warm.invoke(EASY))["cache_hit"]
    assert len(list(warm.stream(f"{EASY} streamed again"))) > 5


def test_copies_share_the_engine(make: Make, server: LoopbackServer) -> None:
    llm = make()
    llm.invoke(EASY)
    for other in (copy.copy(llm), llm.model_copy(), llm.model_copy(update={"temperature": 0.0})):
        assert other.engine is llm.engine
    assert told(copy.copy(llm).invoke(EASY))["cache_hit"]
    assert not told(llm.model_copy(update={"temperature": 0.0}).invoke(EASY))["cache_hit"]
    other = openai_model(server, "gpt-4.1")
    assert told(llm.model_copy(update={"cheap": other}).invoke(EASY))["model"] == "gpt-4.1"
    assert told(llm.invoke(EASY))["cache_hit"]


class Tooled(FakeListChatModel):
    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind()


def test_pickling_as_far_as_the_models_allow(tmp_path: Path) -> None:
    llm = ChatTokenomics(
        cheap=Tooled(responses=["no"]),
        premium=Tooled(responses=["yes"]),
        state_dir=tmp_path,
        max_tokens=7,
    )
    llm.invoke(EASY)
    llm.engine.parts.memory.close()
    again = pickle.loads(pickle.dumps(llm))  # noqa: S301 -- our own
    assert isinstance(again, ChatTokenomics)
    assert isinstance(again.engine, Engine)
    assert again.max_tokens == 7
    assert told(again.invoke(EASY))["cache_hit"]
    bound = pickle.loads(pickle.dumps(again.with_structured_output(dict_schema())))  # noqa: S301
    assert bound is not None


def dict_schema() -> dict[str, Any]:
    return {"title": "Thing", "description": "A thing", "type": "object", "properties": {}}


def test_identifying_parameters_tell_models_apart(make: Make, server: LoopbackServer) -> None:
    params = [
        make()._identifying_params,
        make(premium=openai_model(server, "gpt-4.1"))._identifying_params,
        make(premium=openai_model(server, PREMIUM, temperature=1.0))._identifying_params,
        make(cascading={"quality_threshold": 0.1})._identifying_params,
        make(temperature=0.5)._identifying_params,
    ]
    assert len({str(each) for each in params}) == len(params)
    assert make()._identifying_params == params[0]


class Odd(ChatOpenAI):
    """A model of another class."""


def test_it_is_a_chat_model_with_a_profile_of_both(make: Make, server: LoopbackServer) -> None:
    llm = make()
    assert isinstance(llm, BaseChatModel)
    assert llm.profile is not None
    assert llm.profile["structured_output"] is True
    other = Odd(model=PREMIUM, base_url=server.url, api_key=SecretStr("any"))
    mixed = make(premium=other).profile
    assert mixed is not None
    assert mixed["structured_output"] is False
    assert llm.profile["tool_calling"] is True
    assert llm.profile["max_input_tokens"] > 0
    assert make(premium=FakeListChatModel(responses=[""])).profile is None


def test_nothing_is_shown_of_keys(make: Make) -> None:
    llm = ChatTokenomics(
        cheap=ChatOpenAI(model="a", api_key=SecretStr("sk-secret")),
        premium="openai:b@http://127.0.0.1:9/v1",
        api_key=SecretStr("sk-other"),
        config=TokenomicsConfig.off(),
    )
    shown = repr(llm) + str(llm) + str(llm._get_invocation_params()) + str(llm._serialized)
    assert "sk-" not in shown
    with pytest.raises(ConfigError) as caught:
        ChatTokenomics(premium=llm.premium, api_key=SecretStr("sk-other"), nested="all")
    assert "sk-" not in str(caught.value)
