"""The shortcut audit: how far one gets in telling classes, or parts of a split, without looking at the eye."""

from lagtool.stats.shortcuts.audit import audit_shortcuts
from lagtool.stats.shortcuts.records import FactAudit, ModelAudit, PartAudit, ShortcutAudit

__all__ = ["FactAudit", "ModelAudit", "PartAudit", "ShortcutAudit", "audit_shortcuts"]
