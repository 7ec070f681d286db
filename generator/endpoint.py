"""Writes prompts with a language model behind an OpenAI-compatible address, local or hosted."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from generator.asking import by_template, rules, scene_as_data
from generator.prompt_cache import PromptCache
from generator.prompts import TemplateWriter
from generator.wording import UnusableAnswerError, worded
from v2m.errors import InputError, StateError
from v2m.patience import USUAL, Budget, Patience
from v2m.types import Description, Prompt

if TYPE_CHECKING:
    from openai import OpenAI

KEY_VARIABLE = "V2M_LLM_KEY"
HOSTED = "api.openai.com"
HOSTED_KEY_VARIABLE = "OPENAI_API_KEY"
"""The key of the hosted service is never sent anywhere else."""

ANSWER_TOKENS = 400
"""Enough for fifty words and for a model that thinks aloud first."""

log = logging.getLogger(__name__)


class _GaveUpError(Exception):
    """The endpoint does not work or has cost enough; the text says why."""


class EndpointWriter:
    """Asks a model for each prompt; where that fails the template writes, and the prompt says so.

    An endpoint that cannot be reached, refuses the key or has used up its budget is not asked again
    in this run. Answers that were good are kept, and not asked for again.

    Args:
        style: "simple", "brief", "long" or "drama". Simple is the caption itself: nothing is asked.
        url: base address, such as "http://localhost:11434/v1".
        model: its name there.
        key: None where the endpoint wants none.
        patience: timeouts, retries and budget.
        budget: what the run has asked so far; shared by the writers of a run.
        temperature: 0 to 2.
        seed: sent along; servers that know it answer the same again.
        cache: where good answers are kept; None keeps none.

    Raises:
        InputError: the address is none, or carries a user or a key.
    """

    def __init__(
        self,
        style: str,
        *,
        url: str,
        model: str,
        key: SecretStr | None = None,
        patience: Patience | None = None,
        budget: Budget | None = None,
        temperature: float = 0.7,
        seed: int = 0,
        cache: PromptCache | None = None,
    ) -> None:
        self._template = TemplateWriter(style)
        self._style = style
        self._url, self._model, self._key = _checked_url(url), model, key
        self._patience = patience or USUAL
        self._temperature, self._seed = temperature, seed
        self._cache = cache
        self._budget = budget or Budget()
        self._client: OpenAI | None = None

    def write(self, description: Description) -> Prompt:
        """Return one line of English, at most 256 characters."""
        if self._style == "simple" and description.text:
            try:
                return Prompt(worded(description.text, "simple"), "caption")
            except UnusableAnswerError:
                return self._template.write(description)
        asked = self._question(description)
        if self._cache and (kept := self._kept(asked)):
            return Prompt(kept, self._model)
        try:
            prompt = self._usable_answer(asked)
        except _GaveUpError as err:
            self._budget.gave_up = str(err)
            return by_template(self._template, description, str(err))
        except UnusableAnswerError as err:
            reason = f"an answer of {self._model} {err}"
            return by_template(self._template, description, reason)
        if self._cache:
            self._cache.keep(asked, prompt)
        return Prompt(prompt, self._model)

    def _question(self, description: Description) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": [
                {"role": "system", "content": rules(self._style)},
                {"role": "user", "content": scene_as_data(description)},
            ],
            "temperature": self._temperature,
            "seed": self._seed,
            "max_tokens": ANSWER_TOKENS,
        }

    def _kept(self, asked: Mapping[str, Any]) -> str:
        kept = self._cache.find(asked) if self._cache else ""
        try:
            return worded(kept, self._style) if kept else ""
        except UnusableAnswerError:
            return ""

    def _usable_answer(self, asked: Mapping[str, Any]) -> str:
        """Ask, and once more where the answer is of no use."""
        for more in (0, 1):
            answer = self._answer({**asked, "seed": self._seed + more})
            if self._key and self._key.get_secret_value() in answer:
                raise UnusableAnswerError("holds what it must not")
            try:
                return worded(answer, self._style)
            except UnusableAnswerError:
                if more:
                    raise
        raise AssertionError

    def _answer(self, asked: Mapping[str, Any]) -> str:
        import openai

        self._check_budget()
        self._budget.requests += 1
        try:
            reply = self._open().chat.completions.create(**asked)
        except openai.OpenAIError as err:
            raise _GaveUpError(f"{self._where} {_failure(err, self._patience)}") from None
        except ValueError:  # not JSON
            raise _GaveUpError(f"{self._where} answers with something else") from None
        self._budget.tokens += reply.usage.total_tokens if getattr(reply, "usage", None) else 0
        choices = getattr(reply, "choices", None)
        message = choices[0].message if choices else None
        if message is not None and getattr(message, "refusal", None):
            raise UnusableAnswerError("is a refusal")
        return str(getattr(message, "content", None) or "")

    def _check_budget(self) -> None:
        spent, most = self._budget, self._patience
        if spent.gave_up:
            raise _GaveUpError(spent.gave_up)
        if spent.requests >= most.most_requests:
            raise _GaveUpError(f"the budget of {most.most_requests} requests is used up")
        if 0 < most.most_tokens <= spent.tokens:
            raise _GaveUpError(f"the budget of {most.most_tokens} tokens is used up")

    @property
    def _where(self) -> str:
        return f"{self._model} at {self._url}"

    def _open(self) -> "OpenAI":
        if self._client is None:
            from openai import OpenAI

            key = self._key.get_secret_value() if self._key else "none"
            self._client = OpenAI(
                base_url=self._url,
                api_key=key,
                timeout=self._patience.timeout_seconds,
                max_retries=self._patience.retries,
            )
        return self._client


def split_endpoint(named: str) -> tuple[str, str] | None:
    """Return model and address of "MODEL@ADDRESS"; None where it is no endpoint.

    >>> split_endpoint("qwen3:8b@http://localhost:11434/v1")
    ('qwen3:8b', 'http://localhost:11434/v1')
    >>> split_endpoint("some/model") is None
    True
    """
    model, at, url = named.partition("@http")
    return (model, f"http{url}") if at and model else None


def endpoint_writer(
    named: str,
    style: str,
    environment: Mapping[str, str],
    cache_folder: Path,
    *,
    patience: Patience | None = None,
    budget: Budget | None = None,
) -> EndpointWriter:
    """Return a writer for "MODEL@ADDRESS"; its key comes from the environment alone.

    ``V2M_LLM_KEY`` goes to any address; ``OPENAI_API_KEY`` only to OpenAI's own.

    Raises:
        InputError: the address is none, or carries a user or a key.
        StateError: the package openai is not installed.
    """
    parts = split_endpoint(named)
    if parts is None:
        raise InputError(f"{named!r} is no endpoint; write MODEL@ADDRESS")
    try:
        import openai
        import py3langid
    except ImportError as err:
        raise StateError(
            "endpoints need the extra 'llm': pip install 'v2m[llm]' ('.[llm]' in a checkout)"
        ) from err
    del openai, py3langid
    model, url = parts
    key = environment.get(KEY_VARIABLE, "")
    if not key and urlsplit(url).hostname == HOSTED:
        key = environment.get(HOSTED_KEY_VARIABLE, "")
    return EndpointWriter(
        style,
        url=url,
        model=model,
        key=SecretStr(key) if key else None,
        patience=patience,
        budget=budget,
        cache=PromptCache(cache_folder, url),
    )


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise InputError("the endpoint's address carries a user or a key; set V2M_LLM_KEY instead")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{url!r} is no address of an endpoint; write http://HOST:PORT/v1")
    return url


def _failure(err: Exception, patience: Patience) -> str:
    """Say what went wrong in our own words: what a server writes may repeat the key."""
    import openai

    status = getattr(err, "status_code", None)
    log.info("endpoint: %s, status %s", type(err).__name__, status)
    if isinstance(err, openai.APITimeoutError):
        return f"did not answer within {patience.timeout_seconds:g} s"
    if isinstance(err, openai.APIConnectionError):
        return "cannot be reached"
    known = {
        400: "does not take the request",
        401: "refuses the key (set V2M_LLM_KEY)",
        403: "refuses access",
        404: "is not there: wrong address or model",
        429: "has no capacity left for you (429)",
    }
    if status in known:
        return known[status]
    return f"fails (status {status})" if status else "answers with something else"
