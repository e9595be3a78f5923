"""Python's clients, unmodified, against a gateway: each check is one line of JSON on standard output.

What the provider answers follows from the question: Weather is a call of two tools, JSON an object, anything else a greeting.
"""

import json
import os
import sys
import traceback

os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_TELEMETRY="False", LANGSMITH_TRACING="false")

import anthropic
import instructor
import litellm
import openai
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

URL, KEY = os.environ["GATEWAY_URL"], os.environ["GATEWAY_KEY"]
V1 = URL + "/v1"
FORMATS = os.environ["FORMATS"].split(",")
GREETING, WEATHER, OBJECT, RESULT = "Grüezi 👋", "Weather?", "JSON?", "It rains in both."
CITIES = ["Bern", "Zürich"]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": SCHEMA}}
HELLO = [{"role": "user", "content": "Hello"}]
ASKED = [{"role": "user", "content": WEATHER}]

CHECKS = []


class answer(BaseModel):
    city: str
    degrees: int


BERN = answer(city="Bern", degrees=7)


def check(client, formats=FORMATS):
    def add(function):
        CHECKS.extend((client, function, each) for each in formats)
        return function

    return add


def same(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


def cities(calls):
    return [json.loads(call)["city"] if isinstance(call, str) else call["city"] for call in calls]


oai = openai.OpenAI(api_key=KEY, base_url=V1, max_retries=0)
ant = anthropic.Anthropic(api_key=KEY, base_url=URL, max_retries=0)


@check("openai")
def chat(model):
    whole = oai.chat.completions.create(model=model, messages=HELLO)
    same(whole.choices[0].message.content, GREETING)
    same((whole.usage.prompt_tokens, whole.usage.completion_tokens), (11, 7))
    with oai.chat.completions.stream(model=model, messages=HELLO, stream_options={"include_usage": True}) as stream:
        final = stream.get_final_completion()
    same(final.choices[0].message.content, GREETING)
    same(final.usage.total_tokens, 18)


@check("openai")
def tools(model):
    whole = oai.chat.completions.create(model=model, messages=ASKED, tools=[TOOL]).choices[0]
    same(whole.finish_reason, "tool_calls")
    same(cities(call.function.arguments for call in whole.message.tool_calls), CITIES)
    with oai.chat.completions.stream(model=model, messages=ASKED, tools=[TOOL]) as stream:
        streamed = stream.get_final_completion().choices[0]
    same(cities(call.function.arguments for call in streamed.message.tool_calls), CITIES)
    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in streamed.message.tool_calls]
    said = streamed.message.model_dump(exclude_none=True, exclude={"parsed"})
    last = oai.chat.completions.create(model=model, messages=[*ASKED, said, *results], tools=[TOOL])
    same(last.choices[0].message.content, RESULT)


@check("openai")
def structured(model):
    messages = [{"role": "user", "content": OBJECT}]
    whole = oai.chat.completions.parse(model=model, messages=messages, response_format=answer)
    same(whole.choices[0].message.parsed, BERN)
    same(oai.responses.parse(model=model, input=OBJECT, text_format=answer).output_parsed, BERN)


@check("openai")
def responses(model):
    whole = oai.responses.create(model=model, input="Hello")
    same(whole.output_text, GREETING)
    with oai.responses.stream(model=model, input="Hello") as stream:
        final = stream.get_final_response()
    same(final.output_text, GREETING)
    same(final.usage.total_tokens, 18)
    tool = {"type": "function", "strict": False, **TOOL["function"]}
    with oai.responses.stream(model=model, input=WEATHER, tools=[tool]) as stream:
        first = stream.get_final_response()
    calls = [item for item in first.output if item.type == "function_call"]
    same(cities(call.arguments for call in calls), CITIES)
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "rain"} for call in calls]
    last = oai.responses.create(model=model, previous_response_id=first.id, input=results, tools=[tool])
    same(last.output_text, RESULT)


@check("openai")
def errors(model):
    for error, messages in ((openai.RateLimitError, "429?"), (openai.InternalServerError, "500?")):
        try:
            oai.chat.completions.create(model=model, messages=[{"role": "user", "content": messages}])
        except error:
            continue
        raise AssertionError(f"no {error.__name__}")


@check("openai", ["mock"])
def embeddings(model):
    packed = oai.embeddings.create(model=model, input=["a", "b"])
    plain = oai.embeddings.create(model=model, input=["a", "b"], encoding_format="float")
    same([one.embedding for one in packed.data], [one.embedding for one in plain.data])


@check("anthropic")
def messages(model):
    whole = ant.messages.create(model=model, messages=HELLO, max_tokens=100)
    same(whole.content[0].text, GREETING)
    with ant.messages.stream(model=model, messages=HELLO, max_tokens=100) as stream:
        final = stream.get_final_message()
    same(final.content[0].text, GREETING)
    same((final.usage.input_tokens, final.usage.output_tokens), (11, 7))


@check("anthropic")
def message_tools(model):
    fixed = {
        "model": model,
        "max_tokens": 4000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "tools": [{"name": "weather", "input_schema": SCHEMA}],
    }
    whole = ant.messages.create(messages=ASKED, **fixed)
    with ant.messages.stream(messages=ASKED, **fixed) as stream:
        final = stream.get_final_message()
    for message in (whole, final):
        same([block.type for block in message.content], ["thinking", "tool_use", "tool_use"])
        same(cities(block.input for block in message.content if block.type == "tool_use"), CITIES)
        same(message.stop_reason, "tool_use")
    calls = [block for block in final.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"} for call in calls]
    turns = [*ASKED, {"role": "assistant", "content": final.content}, {"role": "user", "content": results}]
    same(ant.messages.create(messages=turns, **fixed).content[-1].text, RESULT)


@check("anthropic")
def message_errors(model):
    try:
        ant.messages.create(model=model, messages=[{"role": "user", "content": "429?"}], max_tokens=9)
    except anthropic.RateLimitError:
        return
    raise AssertionError("no RateLimitError")


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


def gather(stream):
    whole = None
    for chunk in stream:
        whole = chunk if whole is None else whole + chunk
    return whole


def langchain(chat):
    for message in (chat.invoke("Hello"), gather(chat.stream("Hello"))):
        same(message.text if isinstance(message.text, str) else message.text(), GREETING)
        same(message.usage_metadata["output_tokens"], 7)
    bound = chat.bind_tools([weather])
    question = HumanMessage(WEATHER)
    for message in (bound.invoke([question]), gather(bound.stream([question]))):
        same(cities(call["args"] for call in message.tool_calls), CITIES)
    results = [ToolMessage("rain", tool_call_id=call["id"]) for call in message.tool_calls]
    last = bound.invoke([question, message, *results])
    same(last.text if isinstance(last.text, str) else last.text(), RESULT)


@check("langchain-openai")
def langchain_chat(model):
    chat = ChatOpenAI(model=model, api_key=KEY, base_url=V1, max_retries=0, stream_usage=True)
    langchain(chat)
    for method in ("json_schema", "function_calling"):
        same(chat.with_structured_output(answer, method=method).invoke(OBJECT), BERN)


@check("langchain-openai")
def langchain_responses(model):
    chat = ChatOpenAI(model=model, api_key=KEY, base_url=V1, max_retries=0, use_responses_api=True)
    langchain(chat)
    same(chat.with_structured_output(answer).invoke(OBJECT), BERN)


@check("langchain-openai", ["mock"])
def langchain_embeddings(model):
    # Tokens need a vocabulary, which this client would fetch from the network.
    embedder = OpenAIEmbeddings(model=model, api_key=KEY, base_url=V1, check_embedding_ctx_length=False)
    same(len(embedder.embed_documents(["a", "b"])), 2)


@check("langchain-anthropic")
def langchain_messages(model):
    chat = ChatAnthropic(model=model, api_key=KEY, base_url=URL, max_retries=0, max_tokens=500)
    langchain(chat)
    same(chat.with_structured_output(answer).invoke(OBJECT), BERN)


@check("instructor")
def instructor_openai(model):
    messages = [{"role": "user", "content": OBJECT}]
    for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):
        client = instructor.from_openai(oai, mode=mode)
        made = client.chat.completions.create(model=model, messages=messages, response_model=answer, max_retries=0)
        same(made.model_dump(), BERN.model_dump())


@check("instructor")
def instructor_anthropic(model):
    client = instructor.from_anthropic(ant)
    messages = [{"role": "user", "content": OBJECT}]
    made = client.messages.create(
        model=model, messages=messages, response_model=answer, max_tokens=500, max_retries=0
    )
    same(made.model_dump(), BERN.model_dump())


def lite(provider, model, base):
    fixed = {"model": f"{provider}/{model}", "api_base": base, "api_key": KEY, "num_retries": 0, "max_tokens": 500}
    whole = litellm.completion(messages=HELLO, **fixed)
    same(whole.choices[0].message.content, GREETING)
    chunks = list(litellm.completion(messages=HELLO, stream=True, **fixed))
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), GREETING)
    called = litellm.completion(messages=ASKED, tools=[TOOL], **fixed).choices[0]
    same(cities(call.function.arguments for call in called.message.tool_calls), CITIES)
    built = litellm.stream_chunk_builder(list(litellm.completion(messages=ASKED, tools=[TOOL], stream=True, **fixed)))
    same(cities(call.function.arguments for call in built.choices[0].message.tool_calls), CITIES)


@check("litellm")
def litellm_chat(model):
    lite("openai", model, V1)
    made = litellm.responses(model=f"openai/{model}", input="Hello", api_base=V1, api_key=KEY)
    same(made.output[-1].content[0].text, GREETING)


@check("litellm")
def litellm_proxy(model):
    lite("litellm_proxy", model, URL)


@check("litellm")
def litellm_messages(model):
    lite("anthropic", model, URL)


@check("litellm", ["mock"])
def litellm_embeddings(model):
    made = litellm.embedding(model=f"openai/{model}", input=["a", "b"], api_base=V1, api_key=KEY)
    same(len(made.data), 2)


@check("llama-index")
def llama_index(model):
    # The temperature that this client sends by itself is none that models that think accept.
    kind = {"is_chat_model": True, "is_function_calling_model": True, "temperature": 1}
    llm = OpenAILike(model=model, api_key=KEY, api_base=V1, max_retries=0, **kind)
    hello = [ChatMessage(role="user", content="Hello")]
    same(llm.chat(hello).message.content, GREETING)
    same(list(llm.stream_chat(hello))[-1].message.content, GREETING)
    function = FunctionTool.from_defaults(lambda city: "rain", name="weather", description="The weather of a city.")
    made = llm.chat_with_tools([function], user_msg=WEATHER, allow_parallel_tool_calls=True)
    same(cities(call.tool_kwargs for call in llm.get_tool_calls_from_response(made)), CITIES)


@check("llama-index", ["mock"])
def llama_index_embeddings(model):
    embedder = OpenAILikeEmbedding(model_name=model, api_key=KEY, api_base=V1)
    same(len(embedder.get_text_embedding_batch(["a", "b"])), 2)


def main():
    for client, function, model in CHECKS:
        error = None
        try:
            function(model)
        except Exception as reason:
            place = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(reason.__traceback__)]
            error = f"{type(reason).__name__}: {str(reason)[:1000]} ({' '.join(place[:3])})"
        line = {"client": client, "check": function.__name__, "model": model, "error": error}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
