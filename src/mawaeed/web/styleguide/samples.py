"""Invented content for the style guide; nothing here is read from the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import segno
from django.utils.safestring import SafeString, mark_safe

NOW = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)
WORDS = {
    "directorate": ("الإدارة العامة للمرور", "General Directorate of Traffic"),
    "directorate_2": (
        "شؤون الجنسية والجوازات والإقامة",
        "Nationality, Passports and Residence Affairs",
    ),
    "centre": ("فرع Galleria Mall", "Galleria Al Zinj mall"),
    "centre_2": ("فرع المجمع الأمني", "Security Complex branch"),
    "centre_3": ("المبنى الرئيسي", "Main building"),
    "address": ("الزنج، شارع 36، المنامة", "Road 36, Al Zinj, Manama"),
    "service": ("نقل ملكية مركبة", "Transfer of vehicle ownership"),
    "service_2": ("إصدار جواز سفر لأول مرة", "First issue of a passport"),
    "summary": (
        "يحضر البائع والمشتري معاً، ومعهما المركبة.",
        "The seller and the buyer come together, with the vehicle.",
    ),
    "book": ("حجز هذا الموعد", "Book this appointment"),
    "cancel": ("إلغاء الموعد", "Cancel the appointment"),
    "move": ("تغيير الموعد", "Move the appointment"),
    "more": ("عرض الأوقات كلها", "Show all times"),
    "save_calendar": ("حفظ في التقويم", "Save to the calendar"),
    "continue": ("متابعة", "Continue"),
    "hero": ("احجز موعدك، واحضر في وقتك", "Book a time, come on time"),
    "hero_text": (
        "أقرب الأوقات المتاحة في ثلاثة عشر مركزاً، قبل تسجيل الدخول.",
        "The next free times in thirteen centres, before you sign in.",
    ),
    "soonest": ("أقرب الأوقات", "The next free times"),
    "announcements": ("الإعلانات", "Announcements"),
    "announcement": ("ساعات العمل في العيد الوطني", "Opening hours on National Day"),
    "announcement_text": (
        "تغلق المراكز يومي 16 و17 ديسمبر، وتنقل المواعيد المتأثرة تلقائياً.",
        "The centres close on 16 and 17 December; appointments affected are moved for you.",
    ),
    "personal_number": ("الرقم الشخصي", "Personal number"),
    "personal_number_hint": ("تسعة أرقام كما في بطاقة الهوية", "Nine digits, as on your card"),
    "personal_number_error": (
        "اكتب الأرقام التسعة كما تظهر في بطاقتك",
        "Enter all nine digits as they stand on your card",
    ),
    "mobile": ("رقم الهاتف النقال", "Mobile number"),
    "mobile_hint": ("نرسل إليه رمز الدخول", "We send the sign-in code to it"),
    "birth": ("تاريخ الميلاد", "Date of birth"),
    "birth_hint": ("مثال: 27 3 1985", "For example 27 3 1985"),
    "code": ("الرمز الذي وصلك", "The code you received"),
    "comment": ("ملاحظاتك (اختياري)", "Your comments (optional)"),
    "who": ("لمن الموعد؟", "Who is the appointment for?"),
    "me": ("لي أنا", "For me"),
    "child": ("لأحد أبنائي", "For one of my children"),
    "child_hint": ("يحضر الطفل مع ولي أمره", "The child comes with a guardian"),
    "blocked_title": (
        "لا يمكنك الحجز حتى الأحد 29 نوفمبر",
        "You cannot book until Sunday 29 November",
    ),
    "blocked_text": (
        "لم تحضر أربعة مواعيد متتالية خلال أسبوع. تبقى مواعيدك الحالية، ويمكنك التظلم.",
        "You missed four appointments in a row within a week. Those you have stay; you may appeal.",
    ),
    "appeal": ("تقديم تظلّم", "Appeal"),
    "notice": ("يفتح تسجيل الوصول قبل الموعد بثلاثين دقيقة.", "Check-in opens 30 minutes before."),
    "saved": ("حُجز موعدك، والتذكرة في رسالة نصية.", "Booked. The ticket is in a text message."),
    "queue_full": ("الأوقات على وشك النفاد اليوم.", "Today's times are nearly gone."),
    "failed": (
        "أُخذ هذا الوقت قبل لحظات. اختر وقتاً آخر.",
        "That time has just been taken. Choose another.",
    ),
    "waiting": ("في الانتظار", "Waiting"),
    "longest": ("أطول انتظار", "Longest wait"),
    "serving": ("قيد الخدمة", "Being served"),
    "closed_counters": ("شبابيك مغلقة", "Counters closed"),
    "minutes": ("دقيقة", "min"),
    "above": ("فوق الهدف (20 دقيقة)", "Above the target (20 minutes)"),
    "within": ("ضمن المعتاد", "As usual"),
    "of_twelve": ("من 12", "of 12"),
    "sentence": (
        "42 مراجعاً في الانتظار، أطولهم منذ 31 دقيقة، وشباكان مغلقان.",
        "42 waiting, the longest for 31 minutes, two counters closed.",
    ),
    "alert": ("الانتظار في المجموعة B يزيد على نصف ساعة.", "Group B waits more than half an hour."),
    "alert_do": ("فتح الشباك 6 للمجموعة B", "Open counter 6 for group B"),
    "arrivals": ("الوصول كل ربع ساعة مقابل الطاقة", "Arrivals by quarter hour against capacity"),
    "state": ("الحالة", "State"),
    "ticket": ("التذكرة", "Ticket"),
    "wait": ("الانتظار", "Wait"),
    "booked": ("محجوز", "Booked"),
    "attended": ("تم", "Done"),
    "missed": ("لم تحضر", "Missed"),
    "empty": ("لا مواعيد لديك", "You have no appointments"),
    "empty_text": (
        "تظهر هنا مواعيدك القادمة والسابقة.",
        "Coming and past appointments appear here.",
    ),
    "find": ("البحث عن خدمة", "Find a service"),
    "start": ("بدء الخدمة", "Start serving"),
    "next": ("نداء التالي", "Call next"),
    "recall": ("إعادة النداء", "Recall"),
    "absent": ("لم يحضر", "No-show"),
    "transfer": ("تحويل", "Transfer"),
    "park": ("تعليق", "Park"),
    "called_state": ("تم النداء قبل دقيقة", "Called a minute ago"),
    "next_up": ("التالي", "Next up"),
    "papers": ("الأوراق المطلوبة", "Papers to ask for"),
    "paper_1": ("بطاقة الهوية للبائع والمشتري", "Identity cards of seller and buyer"),
    "paper_2": ("شهادة التأمين باسم المشتري", "Insurance in the buyer's name"),
    "counter": ("الشباك 4", "Counter 4"),
    "undone": ("أُنهيت خدمة A011.", "A011 was finished."),
    "undo": ("تراجع", "Take it back"),
    "have_appointment": ("عندي موعد", "I have an appointment"),
    "no_appointment": ("ليس عندي موعد", "I have no appointment"),
    "welcome": ("أهلاً وسهلاً", "Welcome"),
    "help": ("طلب المساعدة", "Call for help"),
    "start_again": ("البدء من جديد", "Start again"),
    "your_number": ("رقم دورك", "Your number"),
    "sent": (
        "أرسلنا الرقم إلى هاتفك. تفضل بالجلوس.",
        "The number is on your phone. Please take a seat.",
    ),
    "rate": ("كيف كانت خدمتنا اليوم؟", "How was our service today?"),
    "rate_speed": ("السرعة", "Speed"),
    "send_rating": ("إرسال التقييم", "Send the rating"),
    "choose_time": ("اختر الوقت", "Choose a time"),
    "check": ("راجع موعدك", "Check your appointment"),
    "home": ("الرئيسية", "Home"),
    "services": ("الخدمات", "Services"),
    "sign_in": ("تسجيل الدخول", "Sign in"),
    "my_appointments": ("مواعيدي", "My appointments"),
    "when": ("الموعد", "When"),
    "place": ("المركز", "Centre"),
    "service_word": ("الخدمة", "Service"),
    "name": ("مريم أحمد", "Mariam Ahmed"),
    "hall": ("الصالة", "Hall"),
    "reports": ("المؤشرات", "Figures"),
}
ARRIVALS = (4, 7, 9, 12, 15, 18, 17, 13, 11, 9, 12, 14, 10, 8, 6, 5, 4, 2)


def _qr() -> SafeString:
    code = segno.make("MW-7K3P-Q2", error="m")
    return mark_safe(code.svg_inline(omitsize=True, border=1))  # noqa: S308


def _slots() -> list[dict[str, Any]]:
    starts = [NOW + timedelta(minutes=10 * step) for step in (*range(2, 15), *range(35, 44))]
    return [
        {"starts_at": start, "value": str(number), "places_left": number % 7}
        for number, start in enumerate(starts)
    ]


def _days() -> list[dict[str, Any]]:
    free = [6, 0, 14, None, None, 31, 28, 40]
    return [
        {
            "date": (NOW + timedelta(days=offset)).date(),
            "href": "#",
            "free": count,
            "selected": offset == 2,
        }
        for offset, count in enumerate(free)
    ]


def _bars() -> list[dict[str, Any]]:
    first = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    return [
        {
            "label": (first + timedelta(hours=3, minutes=15 * step)).strftime("%H:%M"),
            "value": value,
            "capacity": 12 if step < 8 else 14,
            "now": step == 10,
        }
        for step, value in enumerate(ARRIVALS)
    ]


def sample(language: str) -> dict[str, Any]:
    """What the gallery and the sample screens show, in `language` (Arabic or English)."""
    t = {key: pair[0 if language == "ar" else 1] for key, pair in WORDS.items()}
    return {
        "t": t,
        "now": NOW,
        "soon": NOW + timedelta(minutes=50),
        "tomorrow": NOW + timedelta(days=1, minutes=20),
        "past": NOW - timedelta(days=4),
        "slots": _slots(),
        "days": _days(),
        "bars": _bars(),
        "qr": _qr(),
        "demo": True,
        "errors": [{"field": "personal_number", "message": t["personal_number_error"]}],
        "choices": [
            {"value": "me", "label": t["me"]},
            {"value": "child", "label": t["child"], "hint": t["child_hint"]},
        ],
        "centres": [("a", t["centre"]), ("b", t["centre_2"])],
        "rows": [
            {"label": t["service_word"], "value": t["service"], "href": "#"},
            {"label": t["place"], "value": t["centre"], "over": t["directorate"], "href": "#"},
        ],
        "crumbs": [{"href": "#", "label": t["home"]}, {"href": "#", "label": t["services"]}],
        "columns": [
            {"label": t["ticket"]},
            {"label": t["service_word"]},
            {"label": t["wait"], "numeric": True},
        ],
        "table_rows": [["A012", t["service"], "31"], ["B007", t["service_2"], "8"]],
        "queue": [
            {"number": "A013", "service": t["service"], "wait": 31, "late": True},
            {"number": "B007", "service": t["service_2"], "wait": 18},
            {"number": "A014", "service": t["service"], "wait": 12},
            {"number": "C101", "service": t["service"], "wait": 4},
        ],
        "calls": [
            {"number": number, "counter": counter}
            for number, counter in (
                ("A012", 4),
                ("B006", 7),
                ("C100", 2),
                ("A011", 12),
                ("B005", 1),
                ("A010", 3),
            )
        ],
    }
