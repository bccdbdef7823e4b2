"""Tests of the estimate of a text's tokens: counts of tokenizers lie in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.llm import output_range, token_range


@pytest.mark.parametrize(
    ("text", "fewest", "most"),
    [
        pytest.param(
            "Rada miasta zamknęła w poniedziałek stary most. Burmistrz powiedziała, że naprawa będzie kosztować "
            "cztery miliony złotych, a prace potrwają do przyszłego roku. Miejscowi kupcy nazwali tę decyzję "
            "katastrofą dla całej ulicy.",
            *(63, 106),
            id="pl",
        ),
        pytest.param(
            "Hội đồng thành phố đã đóng cửa cây cầu cũ vào thứ Hai. Thị trưởng cho biết việc sửa chữa sẽ tốn bốn "
            "triệu và công việc sẽ kéo dài đến năm sau. Các tiểu thương địa phương gọi quyết định này là thảm họa.",
            *(51, 156),
            id="vi",
        ),
        pytest.param(
            "Міська рада закрила в понеділок старий міст. Мерка сказала, що ремонт коштуватиме чотири мільйони "
            "гривень і роботи триватимуть до наступного року.",
            *(44, 86),
            id="uk",
        ),
        pytest.param(
            "Το δημοτικό συμβούλιο έκλεισε τη Δευτέρα την παλιά γέφυρα. Η δήμαρχος είπε ότι η επισκευή θα κοστίσει "
            "τέσσερα εκατομμύρια ευρώ και οι εργασίες θα διαρκέσουν μέχρι το επόμενο έτος.",
            *(64, 197),
            id="el",
        ),
        pytest.param(
            "מועצת העיר סגרה ביום שני את הגשר הישן. ראש העיר אמרה כי התיקון יעלה ארבעה מיליון ושתי מאות אלף כתרים "
            "והעבודות יימשכו עד השנה הבאה. הסוחרים המקומיים כינו את ההחלטה אסון לרחוב כולו.",
            *(63, 168),
            id="he",
        ),
        pytest.param(
            "시의회는 월요일에 오래된 다리를 폐쇄했다. 시장은 수리 비용이 사백이십만 크로네에 이를 것이며 공사는 내년까지 "
            "계속될 것이라고 말했다. 지역 상인들은 이 결정을 거리 전체의 재앙이라고 불렀다.",
            *(61, 119),
            id="ko",
        ),
        pytest.param(
            "जिला परिषद ने सोमवार को पुराने पुल को बंद कर दिया। महापौर ने कहा कि मरम्मत में बयालीस लाख रुपये खर्च "
            "होंगे और काम अगले साल तक चलेगा। स्थानीय दुकानदारों ने इस फैसले को पूरी सड़क के लिए आपदा बताया।",
            *(46, 215),
            id="hi",
        ),
        pytest.param(
            "สภาเทศบาลปิดสะพานเก่าเมื่อวันจันทร์ นายกเทศมนตรีกล่าวว่าการซ่อมแซมจะมีค่าใช้จ่ายสี่ล้านบาทและงานจะดำเนินต่อไปจนถึงปีหน้า",
            *(43, 209),
            id="th",
        ),
        pytest.param(
            "የከተማው ምክር ቤት ሰኞ ዕለት አሮጌውን ድልድይ ዘጋ። ከንቲባው ጥገናው አራት ሚሊዮን እንደሚፈጅ ተናግረዋል።",
            *(44, 180),
            id="am",
        ),
        pytest.param("😀🎉🚀🏳️‍🌈👩‍👩‍👧‍👦🇩🇪✅❌💡🔥🥳🤖", 22, 56, id="emoji"),
        pytest.param(
            "1,234,567.89 2027-11-30 14:05 +46 70 123 45 67 3.6% 4.2 0.0081 12345678901234567890 99-88-77",
            *(43, 91),
            id="digits",
        ),
    ],
)
def test_counts_of_tokenizers_lie_in_the_estimate(text: str, fewest: int, most: int) -> None:
    """The fewest and the most tokens that seven tokenizers have made of a text, counted once."""
    estimate = token_range(text)

    assert estimate.fewest <= fewest <= most <= estimate.most
    assert estimate.most <= 3 * most


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_an_estimate_that_grows_with_it(text: str, more: str) -> None:
    """Whatever the characters: at most a token and a third per byte."""
    estimate, longer = token_range(text), token_range(text + more)

    assert 0 <= estimate.fewest <= estimate.most <= 1.65 * len(text.encode("utf-8", "surrogatepass")) + 1
    assert estimate.fewest <= longer.fewest
    assert estimate.most <= longer.most


def test_an_answer_is_estimated_by_its_fields_within_the_cap() -> None:
    """Reasoning comes on top; a limit on the output bounds both numbers."""
    assert (32, 800) == output_range(4, reasons=False, cap=None)
    assert (32, 4800) == output_range(4, reasons=True, cap=None)
    assert (32, 100) == output_range(4, reasons=True, cap=100)
    assert (10, 10) == output_range(4, reasons=False, cap=10)
