"""Names for synthetic items and people: numbers in, text in many scripts out."""

from collections.abc import Sequence

_SCRIPTS: Sequence[Sequence[str]] = (
    ("Report", "Budget", "Invoice", "Roadmap", "Minutes", "Contract", "Forecast", "Onboarding", "Draft", "Final"),
    ("Q1 results", "Q2 results", "Board deck", "Offer letter", "Payroll", "Design doc", "Postmortem", "To-do"),
    ("Übersicht", "Größenplan", "Jahresabschluss", "Straßenkarte", "Änderung", "Präsentation", "Vertrag"),
    ("Résumé", "Décision", "Fiche d'été", "Cœur", "Noël", "Où", "Garçon", "Réunion"),
    ("Informação", "Orçamento", "Niño", "Año fiscal", "¿Qué?", "Reunião", "Corazón"),
    ("Zażółć", "Świadectwo", "Příloha", "Žádost", "Költségvetés", "Şirket", "Iğdır", "Đơn hàng", "Việt Nam"),
    ("Отчёт", "Договор", "Смета", "Приложение", "Счёт", "Їжак", "Бюджет"),
    ("Αναφορά", "Σύμβαση", "Προϋπολογισμός", "Όμιλος"),
    ("תקציב", "חוזה", "סיכום ישיבה", "דוח"),
    ("تقرير", "عقد", "ميزانية", "محضر الاجتماع"),
    ("रिपोर्ट", "अनुबंध", "बजट", "बैठक"),
    ("报告", "合同", "预算", "会议记录", "財務報表", "發票"),
    ("レポート", "契約書", "予算", "議事録", "ファイル"),
    ("보고서", "계약서", "예산", "회의록"),
    ("รายงาน", "สัญญา", "งบประมาณ"),
    ("🚀 Launch", "📊", "👩‍💻 notes", "✅ done", "𝒮cript", "e\u0301tude"),
    ("a/b test", "C:\\temp", 'the "final" one', "O'Brien", "50% off", "#hashtag", "x & y", "<draft>", ".hidden"),
)

PEOPLE: Sequence[str] = (
    "Alex Kim", "Maria Silva", "Jürgen Groß", "Chloé Dubois", "Олена Шевчук", "山田 太郎", "王 小明", "Fatima Zahra",
    "Noa Levi", "Arjun Mehta", "Γιώργος Νικολάου", "김 민수", "Ewa Żak", "Linh Nguyễn", "Sofía Peña", "Emre Yılmaz",
    "Amara Okafor", "Liam O'Connor", "Ingrid Åberg", "Tomáš Říha", "สมชาย ใจดี", "Ana Đurić", "Mateus Conceição",
    "Priya Nair",
)  # fmt: skip

GROUPS: Sequence[str] = ("Finance", "Engineering", "Legal", "Sales", "People", "Marketing", "Support", "Research")


def item_name(choice: int) -> str:
    """Return a name for a number; numbers far apart may give the same one."""
    choice, script = divmod(choice, len(_SCRIPTS))
    words = _SCRIPTS[script]
    choice, first = divmod(choice, len(words))
    choice, second = divmod(choice, len(words))
    choice, pattern = divmod(choice, 4)
    number = choice % 2000
    if pattern == 0:
        return f"{words[first]} {number}"
    if pattern == 1:
        return f"{words[first]} - {words[second]}"
    if pattern == 2:
        return f"{words[first]} {words[second]} v{number % 20}"
    return f"{1990 + number % 37}-{1 + number % 12:02d} {words[first]}"
