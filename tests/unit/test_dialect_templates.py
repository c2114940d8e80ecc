"""Our dialects against the template in the file, byte for byte, and thinking read off a template.

The templates here have the form that models of these families carry; their words are made up.
"""

from __future__ import annotations

import pytest

from app.core.ports import GenerateRequest
from app.engine.dialects import ModelTraits, choose_dialect, template_agrees
from app.engine.prompt import Content, Markup
from tests.support.synthetic_gguf import PHI4_MINI_CONTROLS
from tests.unit.test_dialects import DIALOGUE, PHI4_CONTROLS, UNDO, text_of

MINI = (
    "{% for m in messages %}{% if m['role'] == 'system' and m['tools'] is defined"
    " and m['tools'] is not none %}"
    "{{ '<|system|>' + m['content'] + '<|tool|>' + m['tools'] + '<|/tool|><|end|>' }}"
    "{% else %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}"
)
MINI_LINES = """
{%- for m in messages %}
    {%- if m.role == "system" and m.tools %}
<|system|>{{ m.content }}<|tool|>{{ m.tools }}<|/tool|><|end|>
    {%- else %}
<|{{ m.role }}|>{{ m.content }}<|end|>
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
<|assistant|>
{%- endif %}
"""
MINI_NO_TOOLS = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
PHI4 = (
    "{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ '<|im_start|>system<|im_sep|>' + m['content'] + '<|im_end|>' }}"
    "{% elif m['role'] == 'user' %}"
    "{{ '<|im_start|>user<|im_sep|>' + m['content'] + '<|im_end|>' }}"
    "{% elif m['role'] == 'assistant' %}"
    "{{ '<|im_start|>assistant<|im_sep|>' + m['content'] + '<|im_end|>' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
)
PHI4_MARK_AFTER_USER = (  # opens each answer with the question; the prompt ends alike
    "{% for m in messages %}{% if m.role == 'assistant' %}{{ m.content }}<|im_end|>"
    "{% else %}<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>"
    "{% if m.role == 'user' %}<|im_start|>assistant<|im_sep|>{% endif %}{% endif %}{% endfor %}"
)
MINI_THINKS = (
    "{{ '<|system|>You are good at sums.' }}{% for m in messages %}{% if m['role'] == 'system' %}"
    " {{ m['content'] }}{% if m['tools'] is defined %}{{ '<|tool|>' + m['tools'] + '<|/tool|>' }}"
    "{% endif %}{% endif %}{% endfor %}{{ '<|end|>' }}"
    "{% for m in messages %}{% if m['role'] != 'system' %}"
    "{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}"
)
PHI4_THINKS = (
    "<|im_start|>system<|im_sep|>Answer as <think> thoughts </think> answer.<|im_end|>"
    "{% for m in messages %}{% if m['role'] == 'user' %}"
    "{{ '<|im_start|>user<|im_sep|>' + m['content'] + '<|im_end|>' }}"
    "{% elif m['role'] == 'assistant' %}{{ '<|im_start|>assistant<|im_sep|>' }}"
    "{% generation %}{{ m['content'] + '<|im_end|>' }}{% endgeneration %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}"
)
PHI4_THINKS_APPENDED = (
    "{% if messages[0].role != 'system' %}<|im_start|>system<|im_sep|>Think.<|im_end|>{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}<|im_sep|>"
    "{% if m.role == 'system' %}Think. {% endif %}{{ m.content }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant<|im_sep|>{% endif %}"
)
PHI4_THINKS_REFUSING = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
    "<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>{% endfor %}"
    "<|im_start|>assistant<|im_sep|><think>\n\n"
)


def traits(template: str, controls: tuple[str, ...] = PHI4_CONTROLS, name: str = "") -> ModelTraits:
    """What a file of one of the families says of itself."""
    return ModelTraits(template, controls.__contains__, "<s>", "<|endoftext|>", False, name)


AGREEING = [
    traits(MINI, PHI4_MINI_CONTROLS),
    traits(MINI_LINES, PHI4_MINI_CONTROLS),
    traits(MINI_NO_TOOLS, PHI4_MINI_CONTROLS),
    traits("{{ bos_token }}" + MINI, PHI4_MINI_CONTROLS),
    traits("", PHI4_MINI_CONTROLS),
    traits("{% broken", PHI4_MINI_CONTROLS),
    traits(PHI4),
    traits("{{ bos_token }}" + PHI4),
    traits(PHI4_MARK_AFTER_USER),
    traits(MINI_THINKS, PHI4_MINI_CONTROLS, "Phi 4 Mini Reasoning"),
    traits("{{ bos_token }}" + MINI_THINKS, PHI4_MINI_CONTROLS, "Phi 4 Mini Reasoning"),
    traits(MINI, PHI4_MINI_CONTROLS, "Phi 4 Mini Reasoning"),
    traits(PHI4_THINKS),
    traits(PHI4_THINKS_APPENDED, name="Phi 4 Reasoning Plus"),
    traits(PHI4_THINKS_REFUSING),
    traits(PHI4_THINKS.replace("_sep|>' }}{% endif %}", "_sep|><think>' }}{% endif %}")),
]


@pytest.mark.parametrize("file", AGREEING)
def test_ours_is_what_the_files_template_writes(file: ModelTraits) -> None:
    chosen = choose_dialect(file)
    assert chosen.name.startswith("phi-4")
    assert template_agrees(file, chosen)


@pytest.mark.parametrize(
    "file",
    [
        traits(MINI.replace("<|end|>' }}{% endif %}", "<|end|>\\n' }}{% endif %}"),
               PHI4_MINI_CONTROLS),
        traits(MINI.replace("+ '<|tool|>'", "+ '\\n<|tool|>'"), PHI4_MINI_CONTROLS),
        traits(MINI.replace("'<|assistant|>'", "'<|assistant|>\\n'"), PHI4_MINI_CONTROLS),
        traits(PHI4.replace("_sep|>' + m", "_sep|>\\n' + m")),
        traits(PHI4.replace("system<|im_sep|>'", "system<|im_sep|>You are kind. '")),
        traits("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
               "{% endfor %}<|im_start|>assistant\n<think>\n"),
        traits(PHI4_THINKS.replace("+ '<|im_end|>' }}{% endgen", "}}{% endgen")),
    ],
)  # fmt: skip
def test_a_file_that_writes_something_else_gets_its_own_template(file: ModelTraits) -> None:
    chosen = choose_dialect(file)
    assert not template_agrees(file, chosen)
    own = choose_dialect(file, agrees=False)
    assert own.name == "own template"
    assert own.reasoning is chosen.reasoning
    assert template_agrees(file, own)
    assert own.render(GenerateRequest("r", DIALOGUE[:2]))


def test_a_file_without_template_keeps_our_dialect() -> None:
    assert choose_dialect(traits("", PHI4_MINI_CONTROLS), agrees=False).name == "phi-4-mini"


@pytest.mark.parametrize(
    ("file", "reasoning"),
    [
        (traits(PHI4), False),
        (traits(PHI4, name="Phi 4 Reasoning"), True),
        (traits("", (*PHI4_CONTROLS, "<think>")), True),
        (traits(PHI4_THINKS), True),
        (traits(MINI_THINKS, PHI4_MINI_CONTROLS), False),
        (traits(MINI_THINKS, PHI4_MINI_CONTROLS, "Phi-4-mini-reasoning"), True),
        (traits("{{ messages[-1].content }}<think>", ()), True),
    ],
)
def test_reasoning_is_known_by_template_vocabulary_or_name(
    file: ModelTraits, reasoning: bool
) -> None:
    chosen = choose_dialect(file)
    assert chosen.reasoning is reasoning
    assert (chosen.sampling is not None) is reasoning
    assert chosen.tools_native is ("mini" in chosen.name and not reasoning)


def test_what_a_template_says_to_a_model_that_thinks_is_said_as_it_stands() -> None:
    file = traits(MINI_THINKS, PHI4_MINI_CONTROLS, "Phi 4 mini reasoning")
    request = GenerateRequest("r", DIALOGUE[:2], tools=(UNDO,))
    pieces = choose_dialect(file).render(request)
    assert pieces[0] == Markup("<|system|>You are good at sums. ")
    assert isinstance(pieces[1], Content)
    assert pieces[1].text.startswith("Be brief.\n\nYou can use these tools:")
    alone = text_of(choose_dialect(file).render(GenerateRequest("r", DIALOGUE[1:2])))
    assert alone == "<|system|>You are good at sums.<|end|><|user|>undo that<|end|><|assistant|>"


def test_a_system_text_the_template_leaves_out_stands_before_the_first_message() -> None:
    pieces = choose_dialect(traits(PHI4_THINKS)).render(GenerateRequest("r", DIALOGUE[:2]))
    assert text_of(pieces) == (
        "<|im_start|>system<|im_sep|>Answer as <think> thoughts </think> answer.<|im_end|>"
        "<|im_start|>user<|im_sep|>Be brief.\n\nundo that<|im_end|><|im_start|>assistant<|im_sep|>"
    )
    assert Content("Be brief.\n\nundo that") in pieces


@pytest.mark.parametrize("controls", [PHI4_CONTROLS, PHI4_MINI_CONTROLS])
def test_without_a_template_the_model_is_asked_to_think(controls: tuple[str, ...]) -> None:
    chosen = choose_dialect(traits("", controls, "Some reasoning"))
    for messages in (DIALOGUE[:2], DIALOGUE[1:2]):
        prompt = text_of(chosen.render(GenerateRequest("r", messages)))
        assert prompt.count("<think>") == prompt.count("system") == 1
        assert ("Be brief." in prompt) is (messages[0].role == "system")
    assert not chosen.opens_thought


@pytest.mark.parametrize(
    ("file", "opens"),
    [
        (traits(PHI4_THINKS_REFUSING), True),
        (traits(PHI4_THINKS), False),
        (traits("{{ messages[-1].content }}<think>\n", ()), True),
        (traits("<think> is used. {{ messages[-1].content }}", ()), False),
        (traits("<think>{{ nothing.at.all }}", ()), False),
    ],
)
def test_a_prompt_may_end_inside_a_thought(file: ModelTraits, opens: bool) -> None:
    chosen = choose_dialect(file)
    assert chosen.think == ("<think>", "</think>")
    assert chosen.opens_thought is opens
