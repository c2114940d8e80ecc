"""Phi-4-mini's dialect: role tokens with no line breaks, tools inside the system message."""

from __future__ import annotations

from app.core.ports import GenerateRequest
from app.engine.dialects.base import call_json, calls_of, result_text, tools_json, with_context
from app.engine.prompt import Content, Markup, Piece


class Phi4MiniDialect:
    """`<|system|>S<|tool|>[...]<|/tool|><|end|><|user|>U<|end|><|assistant|>`."""

    name = "phi-4-mini"
    call_token = "<|tool_call|>"
    stop_tokens: tuple[str, ...] = ("<|end|>", "<|endoftext|>")

    def render(self, request: GenerateRequest) -> tuple[Piece, ...]:
        """The prompt up to `<|assistant|>`. Tools are announced once, in the system message."""
        pieces: list[Piece] = []
        messages = with_context(request)
        system = "".join(message.text for message in messages if message.role == "system")
        if system or request.tools:
            pieces += [Markup("<|system|>"), Content(system)]
            if request.tools:
                tools = Content(tools_json(request.tools))
                pieces += [Markup("<|tool|>"), tools, Markup("<|/tool|>")]
            pieces.append(Markup("<|end|>"))
        for message in messages:
            match message.role:
                case "user":
                    pieces += [Markup("<|user|>"), Content(message.text), Markup("<|end|>")]
                case "assistant":
                    pieces += [Markup("<|assistant|>"), Content(message.text)]
                    if calls := calls_of(message):
                        pieces += [Markup("<|tool_call|>"), Content(call_json(calls))]
                        pieces.append(Markup("<|/tool_call|>"))
                    pieces.append(Markup("<|end|>"))
                case "tool":
                    pieces += [Markup("<|tool_response|>"), Content(result_text(message))]
                    pieces.append(Markup("<|end|>"))
                case "system":
                    pass  # stands first, above
        return (*pieces, Markup("<|assistant|>"))
