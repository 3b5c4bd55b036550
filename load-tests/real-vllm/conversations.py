"""Conversations of several turns, in every dialect that engines speak: what a client sends next, given what it got."""

import json
import random

from parts import MODEL

WORDS = (
    "the router keeps an index of blocks which engines hold and asks for the longest prefix before it chooses where a request "
    "goes next because memory is dear while time passes slowly under load although nobody knows how long an answer becomes "
    "until it ends with a token that says so then caches are full and the oldest pages leave first unless they are pinned by "
    "running work whose keys are needed still each replica counts what it computes and what it finds there again"
).split()
HANZI = "路由器把请求发送到持有最长前缀的引擎以便更快地得到第一个词元缓存已满时最旧的块先被移除然后继续计算新的内容并返回结果给用户"
OUTPUT = 40


def prose(chance, words):
    said = " ".join(chance.choice(WORDS) for _ in range(words))
    return said[:1].upper() + said[1:] + "."


def hanzi(chance, characters):
    return "".join(chance.choice(HANZI) for _ in range(characters)) + "。"


def code(chance, lines):
    names = [chance.choice(WORDS) for _ in range(6)]
    return "\n".join(
        f"{'    ' * chance.randrange(4)}{chance.choice(names)}_{i} = {chance.choice(names)}({chance.randrange(999)}, '{chance.choice(WORDS)}')"
        for i in range(lines)
    )


def function(chance, name, members=3):
    """A tool as a JSON schema describes it."""
    properties = {
        chance.choice(WORDS) + str(i): {
            "type": chance.choice(["string", "integer", "boolean", "number"]),
            "description": prose(chance, 8) + ' Like "this", or <that> & é.',
        }
        for i in range(members)
    }
    properties["mode"] = {"type": "string", "enum": ["fast", "safe"], "default": "fast"}
    properties["edits"] = {
        "type": "array",
        "items": {"type": "object", "properties": {"old": {"type": "string"}, "new": {"type": "string"}}, "required": ["old"]},
    }
    schema = {"type": "object", "properties": properties, "required": list(properties)[:2], "additionalProperties": False}
    return name, prose(chance, 30) + "\n\n- " + prose(chance, 10), schema


class Conversation:
    """One conversation; begun anew it says the same."""

    path = "/v1/chat/completions"

    def __init__(self, seed, salt=None, stream=False):
        self.chance, self.salt, self.stream = random.Random(f"{type(self).__name__} {seed}"), salt, stream
        self.begin()

    def body(self):
        asked = {"model": MODEL, "temperature": 0, **self.asks()}
        if self.salt:
            asked["cache_salt"] = self.salt
        if self.stream:
            asked["stream"] = True
            if self.path.endswith(("/completions", "/generate")):
                asked["stream_options"] = {"include_usage": True}
        return json.dumps(asked, ensure_ascii=self.chance.random() < 0.5).encode()


class Chat(Conversation):
    dialect = "chat"

    def begin(self):
        self.messages = [{"role": "system", "content": prose(self.chance, 150)}]
        self.user()

    def user(self):
        self.messages.append({"role": "user", "content": prose(self.chance, self.chance.randrange(20, 90))})

    def asks(self):
        return {"messages": self.messages, "max_tokens": OUTPUT, "chat_template_kwargs": {"enable_thinking": False}}

    def heard(self, text, _):
        self.messages.append({"role": "assistant", "content": text})
        self.user()


class Parts(Chat):
    """Contents as lists of parts, and thinking left to the template."""

    dialect = "chat, parts"

    def user(self):
        parts = [{"type": "text", "text": prose(self.chance, 25)} for _ in range(self.chance.randrange(1, 4))]
        self.messages.append({"role": "user", "content": parts})

    def asks(self):
        return {"messages": self.messages, "max_completion_tokens": OUTPUT}


class Thinking(Chat):
    """Earlier thinking is dropped by the template, so that a next turn does not begin with the last one."""

    dialect = "chat, thinking"

    def asks(self):
        return {"messages": self.messages, "max_tokens": OUTPUT, "chat_template_kwargs": {"enable_thinking": True}}

    def heard(self, text, _):
        thought = prose(self.chance, 40)
        if self.chance.random() < 0.5:
            self.messages.append({"role": "assistant", "content": f"<think>\n{thought}\n</think>\n\n{text}"})
        else:
            self.messages.append({"role": "assistant", "reasoning": thought, "content": text})
        self.user()


class Tools(Chat):
    dialect = "chat, tools"

    def begin(self):
        super().begin()
        self.tools = []
        for name in ("read_file", "search", "apply_edit"):
            name, description, schema = function(self.chance, name)
            self.tools.append(
                {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}
            )

    def asks(self):
        return {**super().asks(), "tools": self.tools}

    def heard(self, text, turn):
        if turn % 2:
            super().heard(text, turn)
            return
        calls = [
            {
                "id": f"call_{turn}_{i}", "type": "function",
                "function": {
                    "name": "search",
                    "arguments": json.dumps({"q": f'"{prose(self.chance, 4)}" é 路', "n": i, "exact": True, "under": None}),
                },
            }
            for i in range(self.chance.randrange(1, 3))
        ]
        self.messages.append({"role": "assistant", "content": text, "tool_calls": calls})
        for call in calls:
            self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": code(self.chance, 12)})


class Chinese(Chat):
    dialect = "chat, Chinese"

    def begin(self):
        self.messages = [{"role": "system", "content": hanzi(self.chance, 200)}]
        self.user()

    def user(self):
        self.messages.append({"role": "user", "content": hanzi(self.chance, self.chance.randrange(30, 150))})


class Completion(Conversation):
    dialect = "completions"
    path = "/v1/completions"

    def begin(self):
        self.prompt = code(self.chance, 20) + "\n" + prose(self.chance, 80)

    def asks(self):
        return {"prompt": self.prompt, "max_tokens": OUTPUT}

    def heard(self, text, _):
        self.prompt += text + "\n" + prose(self.chance, self.chance.randrange(10, 60))


class TokenIds(Conversation):
    dialect = "completions, token ids"
    path = "/v1/completions"

    def begin(self):
        self.ids = self.some(300)

    def some(self, count):
        return [self.chance.randrange(100, 150_000) for _ in range(count)]

    def asks(self):
        return {"prompt": self.ids, "max_tokens": OUTPUT}

    def heard(self, *_):
        self.ids = self.ids + self.some(self.chance.randrange(20, 120))


class Generate(TokenIds):
    dialect = "generate"
    path = "/inference/v1/generate"

    def asks(self):
        return {"token_ids": self.ids, "sampling_params": {"max_tokens": OUTPUT, "temperature": 0}}


class Responses(Conversation):
    dialect = "responses"
    path = "/v1/responses"

    def begin(self):
        self.instructions = prose(self.chance, 150)
        name, description, schema = function(self.chance, "look_up")
        self.tools = [{"type": "function", "name": name, "description": description, "parameters": schema, "strict": False}]
        self.input = []
        self.user()

    def user(self):
        text = prose(self.chance, self.chance.randrange(20, 90))
        self.input.append({"role": "user", "content": [{"type": "input_text", "text": text}]})

    def asks(self):
        return {
            "input": self.input, "instructions": self.instructions, "tools": self.tools, "max_output_tokens": OUTPUT,
            "store": False,
        }

    def heard(self, text, turn):
        said = {"type": "output_text", "text": text, "annotations": []}
        self.input.append(
            {"type": "message", "id": f"msg_{turn}", "role": "assistant", "status": "completed", "content": [said]}
        )
        if turn % 2:
            self.input.append(
                {
                    "type": "function_call", "id": f"fc_{turn}", "call_id": f"call_{turn}", "name": "look_up",
                    "arguments": json.dumps({"mode": "fast", "what": prose(self.chance, 5)}), "status": "completed",
                }
            )
            self.input.append({"type": "function_call_output", "call_id": f"call_{turn}", "output": code(self.chance, 8)})
        else:
            self.user()


class Agent(Conversation):
    """Anthropic's messages, as a coding agent sends them: accounting in front, a long system prompt, many tools, cache marks."""

    dialect = "messages, coding agent"
    path = "/v1/messages?beta=true"
    cached = {"type": "ephemeral"}

    def begin(self):
        always = random.Random("the agent's own")
        self.system = [
            {"type": "text", "text": f"x-anthropic-billing-header: cc_version=2.1.{self.chance.randrange(999)}; cc_entrypoint=sdk-cli;"},
            {"type": "text", "text": "You are a coding agent.", "cache_control": self.cached},
            {"type": "text", "text": "\n".join(prose(always, 60) for _ in range(12)), "cache_control": self.cached},
        ]
        self.tools = []
        for name in ("Bash", "Read", "Edit", "Write", "Glob", "Grep", "WebFetch", "TodoWrite"):
            name, description, schema = function(always, name, 4)
            schema["$schema"] = "http://json-schema.org/draft-07/schema#"
            self.tools.append({"name": name, "description": description, "input_schema": schema})
        self.messages = []
        self.user()

    def user(self):
        self.marked(
            [
                {"type": "text", "text": f"<system-reminder>\n{prose(self.chance, 30)}\n</system-reminder>\n"},
                {"type": "text", "text": prose(self.chance, 40)},
            ]
        )

    def marked(self, blocks):
        """The mark moves to the last message."""
        for message in self.messages:
            for block in message["content"]:
                block.pop("cache_control", None)
        blocks[-1]["cache_control"] = self.cached
        self.messages.append({"role": "user", "content": blocks})

    def asks(self):
        return {
            "system": self.system, "tools": self.tools, "messages": self.messages, "max_tokens": OUTPUT,
            "metadata": {"user_id": "user_1_account__session_2"},
        }

    def heard(self, text, turn):
        blocks = []
        if self.chance.random() < 0.5:
            blocks.append({"type": "thinking", "thinking": prose(self.chance, 20), "signature": "c2ln"})
        if text:
            blocks.append({"type": "text", "text": text})
        if turn % 3 == 2:
            self.messages.append({"role": "assistant", "content": blocks or [{"type": "text", "text": "Done."}]})
            self.user()
            return
        call = f"toolu_{turn}"
        given = {"command": f"grep -rn '{prose(self.chance, 2)}' src/", "timeout": 120000, "ratio": 0.5, "deep": {"路": [1, None]}}
        blocks.append({"type": "tool_use", "id": call, "name": "Bash", "input": given})
        self.messages.append({"role": "assistant", "content": blocks})
        found = code(self.chance, 15)
        content = found if turn % 2 else [{"type": "text", "text": found}, {"type": "text", "text": "(end)"}]
        self.marked([{"type": "tool_result", "tool_use_id": call, "content": content}])


DIALECTS = [Chat, Parts, Thinking, Tools, Chinese, Completion, TokenIds, Generate, Responses, Agent]


class Answer:
    """What a client takes from an answer: the text, and what the engine says it found in its cache."""

    def __init__(self):
        self.text, self.prompt, self.cached = "", None, None

    @staticmethod
    def of(raw, streamed):
        answer = Answer()
        if not streamed:
            answer.whole(json.loads(raw))
            return answer
        for line in raw.decode("utf-8", "replace").splitlines():
            if line.startswith("data:") and line[5:].strip() != "[DONE]":
                answer.event(json.loads(line[5:]))
        return answer

    def event(self, event):
        for choice in event.get("choices") or []:
            self.text += (choice.get("delta") or {}).get("content") or choice.get("text") or ""
        if event.get("type") == "content_block_delta":
            self.text += event["delta"].get("text") or ""
        if event.get("type") == "response.completed":
            self.whole(event["response"])
        self.usage((event.get("message") or {}).get("usage") or event.get("usage"))

    def whole(self, answer):
        for choice in answer.get("choices") or []:
            self.text += (choice.get("message") or {}).get("content") or choice.get("text") or ""
        for block in answer.get("content") or []:
            self.text += block.get("text") or ""
        for item in answer.get("output") or []:
            for part in item.get("content") or []:
                self.text += part.get("text") or ""
        self.usage(answer.get("usage"))

    def usage(self, usage):
        if not usage:
            return
        details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
        if details and details.get("cached_tokens") is not None:
            self.prompt = usage.get("prompt_tokens", usage.get("input_tokens"))
            self.cached = details["cached_tokens"]
        elif usage.get("cache_read_input_tokens") is not None:
            read, written = usage["cache_read_input_tokens"], usage.get("cache_creation_input_tokens") or 0
            self.prompt, self.cached = (usage.get("input_tokens") or 0) + read + written, read
