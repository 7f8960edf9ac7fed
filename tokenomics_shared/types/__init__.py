"""The values that the parts exchange: frozen, comparable, free of any framework's types."""

from tokenomics_shared.types.choices import CHOICE_WORDS, mode_of, named_by, names_of
from tokenomics_shared.types.memories import (
    CacheType,
    Label,
    Memo,
    NearMiss,
    Question,
    Recall,
    entry_of,
)
from tokenomics_shared.types.models import (
    Abilities,
    Roster,
    Strategy,
    Tier,
)
from tokenomics_shared.types.outcomes import (
    AuditedQuality,
    Charge,
    ModelTotals,
    Outcome,
    Purpose,
    Savings,
    Status,
    Totals,
)
from tokenomics_shared.types.plans import (
    Allocation,
    Complexity,
    Forecast,
    Part,
    QueryPlan,
    Unsent,
)
from tokenomics_shared.types.replies import (
    NO_USAGE,
    Reply,
    Usage,
    Verdict,
)
from tokenomics_shared.types.requests import (
    OWN_ROLES,
    SYSTEM_ROLES,
    TOOL_ROLES,
    USER_ROLES,
    Message,
    Prompt,
    ToolCall,
)

__all__ = [
    "CHOICE_WORDS",
    "NO_USAGE",
    "OWN_ROLES",
    "SYSTEM_ROLES",
    "TOOL_ROLES",
    "USER_ROLES",
    "Abilities",
    "Allocation",
    "AuditedQuality",
    "CacheType",
    "Charge",
    "Complexity",
    "Forecast",
    "Label",
    "Memo",
    "Message",
    "ModelTotals",
    "NearMiss",
    "Outcome",
    "Part",
    "Prompt",
    "Purpose",
    "QueryPlan",
    "Question",
    "Recall",
    "Reply",
    "Roster",
    "Savings",
    "Status",
    "Strategy",
    "Tier",
    "ToolCall",
    "Totals",
    "Unsent",
    "Usage",
    "Verdict",
    "entry_of",
    "mode_of",
    "named_by",
    "names_of",
]
