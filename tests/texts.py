"""Texts of every kind, written for tests that count or shorten them."""

SAMPLES = {
    "prose": (
        "The harbour master kept two ledgers. In the first she wrote what every ship had "
        "declared, and in the second what the tide gauge, the cranes and her own eyes had "
        "told her. When the insurers came, years later, to ask about the winter in which "
        "eleven barges were lost, it was the second book that they wanted, and she made them "
        "pay for each page they copied. Nobody had thought that a careful person would be so "
        "expensive."
    ),
    "question": ("How do I move a subscription to another account without losing its history?"),
    "code": (
        "def merge(left: list[int], right: list[int]) -> list[int]:\n"
        '    """Merge two sorted lists."""\n'
        "    merged, i, j = [], 0, 0\n"
        "    while i < len(left) and j < len(right):\n"
        "        if left[i] <= right[j]:\n"
        "            merged.append(left[i])\n"
        "            i += 1\n"
        "        else:\n"
        "            merged.append(right[j])\n"
        "            j += 1\n"
        "    return merged + left[i:] + right[j:]\n"
    ),
    "json": (
        '[{"orderId": 84213, "status": "shipped", "total": 129.95, "customer": {"name": "R. '
        'Voss", "country": "NL"}, "items": [{"sku": "BX-2210", "quantity": 2}, {"sku": '
        '"QT-7", "quantity": 1}]}, {"orderId": 84214, "status": "pending", "total": 15.00, '
        '"customer": {"name": "P. Lund", "country": "DK"}, "items": []}]'
    ),
    "log": (
        "2026-02-11 08:14:02,117 INFO  [worker-3] queue.consumer: took 42 jobs in 311 ms\n"
        "2026-02-11 08:14:02,540 ERROR [worker-1] payments.retry: card 4417 declined, attempt 3\n"
        "2026-02-11 08:14:03,001 WARN  [main] pool: 18 of 20 connections are in use\n"
    ),
    "numbers": ("month,units,price\n1,1204,19.99\n2,998,20.49\n3,1310,18.75\n4,1422,18.10\n") * 3,
    "chinese": (
        "图书馆在周末延长了开放时间，读者可以一直学习到晚上十点。管理员说，新的借书系"  # noqa: RUF001 -- Chinese punctuation
        "统会自动提醒大家归还日期，逾期的费用也比以前低。许多学生希望增加安静的座位，"  # noqa: RUF001 -- Chinese punctuation
        "并且改善网络。"
    ),
    "japanese": (
        "図書館は週末の開館時間を延長し、夜十時まで勉強できるようになりました。新しい"
        "貸出システムは返却日を自動的に知らせてくれるので、とても便利だと利用者は話し"
        "ています。"
    ),
    "korean": (
        "도서관은 주말 개방 시간을 늘려서 이제 밤 열 시까지 공부할 수 "
        "있습니다. 새로운 대출 시스템은 반납 날짜를 자동으로 알려 주기 때문에 "
        "아주 편리하다고 이용자들은 말합니다."
    ),
}
