"""The semantic cache put together."""

import functools
import random
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tokenomics_shared.adapters.sqlite import Database
from tokenomics_shared.config import MemoryConfig
from tokenomics_shared.errors import MissingExtra
from tokenomics_shared.memory.agreement import Agreement, agreement
from tokenomics_shared.memory.bound import AuditedBound
from tokenomics_shared.memory.catalogue import Catalogue
from tokenomics_shared.memory.eligibility import Limits
from tokenomics_shared.memory.exact import ExactCache
from tokenomics_shared.memory.policy import Bounded, Policy, Reader, Static
from tokenomics_shared.memory.semantic import SemanticCache
from tokenomics_shared.memory.shelves import Shelves
from tokenomics_shared.memory.tolerance import Evidence, Tolerance
from tokenomics_shared.memory.verifier import Verifier
from tokenomics_shared.ports import Embedder, VectorIndex


def semantic_cache(
    config: MemoryConfig,
    database: Database,
    answers: ExactCache,
    *,
    clock: Callable[[], float],
    submit: Callable[[Callable[[], None]], None],
) -> SemanticCache:
    """Put the semantic cache together as the configuration says.

    Args:
        config: the settings.
        database: the answers' file.
        answers: the answers.
        clock: seconds since the epoch.
        submit: runs something in the background.

    Raises:
        MissingExtra: nothing that reads questions is installed.
        ConfigError: what is configured can't read them.
    """
    try:
        from tokenomics_shared.adapters.embeddings import embedder_of
        from tokenomics_shared.adapters.memoised import Memoised
        from tokenomics_shared.adapters.patient import Patient
        from tokenomics_shared.adapters.sqlite_prompts import SqlitePrompts
    except ImportError as error:
        raise MissingExtra("the semantic cache", "embeddings") from error
    embedder = embedder_of(config.embedder)
    if not embedder.local:
        embedder = Patient(embedder, config.embedder_timeout_s)
    embedder = Memoised(embedder)
    store = SqlitePrompts(database)
    shelves = Shelves(
        store,
        embedder.name,
        _indexes(config.vector_index, embedder),
        max_entries=config.max_vectors,
    )
    return SemanticCache(
        embedder,
        Catalogue(store, shelves, answers, clock),
        policy_of(config, embedder.name, store.fitted()),
        compare=functools.partial(_compare, embedder, config.answers_agree),
        limits=Limits(
            config.max_temperature,
            allow_tools=config.allow_tools,
            allow_structured=config.allow_structured,
        ),
        across_histories=config.across_histories,
        ttl_s=config.ttl_s,
        submit=submit,
        near_miss=config.near_miss,
        observe=config.observe,
    )


def _indexes(where: str | None, embedder: Embedder) -> Callable[[bytes], VectorIndex]:
    """What makes a partition's index."""
    if where is None:
        from tokenomics_shared.adapters.slots import SlotIndex

        return lambda _: SlotIndex(embedder.dimensions)
    try:
        from tokenomics_shared.adapters.chroma import ChromaIndex, chroma_at, chroma_in
    except ImportError as error:
        raise MissingExtra(f"vector_index = {where!r}", "chroma") from error
    place = where.removeprefix("chroma:")
    url = urlsplit(place)
    if url.hostname is None:
        client = chroma_in(Path(place).expanduser())
    else:
        secure = url.scheme == "https"
        client = chroma_at(url.hostname, url.port or (443 if secure else 8000), ssl=secure)
    return lambda partition: ChromaIndex(
        client, embedder.dimensions, partition=partition.hex(), embedder=embedder.name
    )


def policy_of(
    config: MemoryConfig,
    embedder: str,
    fitted: str | None = None,
    draw: Callable[[], float] = random.random,
) -> Policy:
    """The policy that the configuration asks for.

    What is known beforehand of likelihoods and thresholds is known of one embedder. With another
    one nothing is given by meaning until enough misses have been compared.

    Args:
        config: the settings.
        embedder: the name of what reads questions.
        fitted: weights that were fitted to the application's own findings, as text.
        draw: uniform random numbers in [0, 1), for which hits are audited.
    """
    reader = Reader()
    if config.max_false_hit_rate is None:
        thresholds = (config.direct_return_threshold, config.similarity_threshold)
        return Static(*thresholds, reader if config.guard else None)
    verifier = Verifier.load() if fitted is None else Verifier.from_json(fitted, "the file")
    tolerance = Tolerance(config.max_false_hit_rate, config.audit_rate)

    def bound(verifier: Verifier) -> AuditedBound:
        evidence = verifier.evidence
        if verifier.embedder not in embedder:
            evidence = Evidence(evidence.version, ((0.0, 0.0),) * len(evidence.bins))
        return AuditedBound(evidence, draw, tolerance)

    return Bounded(verifier, bound, reader)


def _compare(
    embedder: Embedder,
    judge: Callable[[str, str, str], bool] | None,
    question: str,
    fresh: str,
    kept: str,
) -> Agreement:
    """Whether two answers say the same: by the user's judge, or as far as can be told here."""
    if fresh == kept:
        return agreement(fresh, kept, 1.0)
    if judge is not None:
        agree = bool(judge(question, fresh, kept))
        return Agreement(agree, float(agree), "the judge says so")
    first, second = embedder.embed([fresh, kept])
    return agreement(fresh, kept, float(first @ second))
