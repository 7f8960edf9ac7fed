"""A compressor of structured texts that counts characters, and texts for it."""

from tokenomics_shared.compression import Structured


def count(text: str) -> int:
    return (len(text) + 3) // 4


SHORT = Structured(count)


def shorten(text: str, budget: int, query: str = "") -> str:
    return SHORT.compress([text], query, budget, "tool")[0]


LOG = [
    f"2025-05-01T10:{at // 60:02}:{at % 60:02}Z INFO  [api] served /v1/items in {20 + at % 9} ms"
    for at in range(300)
]

JAVA = "\n".join(
    [
        "java.lang.IllegalStateException: ledger is not balanced",
        "\tat com.acme.Books.close(Books.java:212)",
        *(f"\tat org.springframework.aop.Chain.proceed(Chain.java:{at})" for at in range(60)),
        "\tat com.acme.Main.main(Main.java:9)",
        "Caused by: java.sql.SQLException: total may not be null",
        *(f"\tat org.postgresql.core.Query.run(Query.java:{at})" for at in range(40)),
        "\tat com.acme.Rows.save(Rows.java:88)",
        "\t... 61 more",
    ]
)
