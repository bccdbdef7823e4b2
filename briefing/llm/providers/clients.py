"""`SdkClient`: the types of a client that a user may give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import anthropic
    import instructor
    import openai
    from google import genai

    SdkClient = (
        openai.OpenAI
        | openai.AsyncOpenAI
        | anthropic.Anthropic
        | anthropic.AsyncAnthropic
        | genai.Client
        | instructor.Instructor
        | instructor.AsyncInstructor
    )
else:
    SdkClient = Any  # importing the SDKs takes seconds
