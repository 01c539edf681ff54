"""Every word that the card asks for exists in both languages."""

import json
import re
from pathlib import Path

import pytest

from bacs_core.model import EqualizationState, Quantity
from custom_components.bacs.frontend import WWW
from custom_components.bacs.string_picture import SCALARS


def texts(language: str) -> dict[str, str]:
    content = (WWW / "texts" / f"{language}.js").read_text()
    told: dict[str, str] = json.loads(content.removeprefix("export default").strip().rstrip(";"))
    return told


def modules() -> list[Path]:
    return sorted(WWW.glob("*.js"))


def test_both_languages_say_the_same_things() -> None:
    assert texts("en").keys() == texts("de").keys()
    assert all(text.strip() for language in ("en", "de") for text in texts(language).values())


def test_every_quantity_and_scalar_of_the_messages_has_a_name() -> None:
    wanted = {quantity.value for quantity in Quantity}
    wanted |= set(SCALARS) - {"target_voltage_v", "inhibited_by"}
    wanted |= {f"eq_{state.value}" for state in EqualizationState}
    assert wanted <= texts("en").keys()


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.stem)
def test_a_module_asks_for_nothing_that_is_not_there(module: Path) -> None:
    content = module.read_text()
    assert set(re.findall(r"\btexts\.([a-z_]+)\b(?!\()", content)) <= texts("en").keys()
    imported = re.findall(r'^import .* from "\./([^"]+)";$', content, re.MULTILINE)
    assert all((WWW / name).is_file() for name in imported)
    # Nothing comes from elsewhere: the card works without the internet.
    assert "://" not in content.replace("http://www.w3.org/2000/svg", "")
