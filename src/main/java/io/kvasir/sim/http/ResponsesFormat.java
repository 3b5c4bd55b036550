package io.kvasir.sim.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Answers of OpenAI's Responses API as vLLM 0.32 writes them: one message, or one call of a function. */
final class ResponsesFormat implements AnswerFormat {
    private final Head head;
    private final GenerationRequest request;
    private final ResponseStore store;
    private final String item;
    private int events;

    ResponsesFormat(Head head, GenerationRequest request, ResponseStore store) {
        this.head = head;
        this.request = request;
        this.store = store;
        this.item = (head.tool() == null ? "msg_" : "fc_")
                + Integer.toHexString(head.id().hashCode());
    }

    @Override
    public boolean numbersEvents() {
        return true;
    }

    @Override
    public String whole(Answer answer) {
        boolean cut = answer.finishReason(0).equals("length");
        var json = response(cut ? "incomplete" : "completed", item(answer.text(0), "completed"), Usage.of(answer));
        if (request.body().path("store").asBoolean(true)) {
            store.put(head.id(), new ResponseStore.Stored(json, conversation(answer)));
        }
        return json;
    }

    private ArrayNode conversation(Answer answer) {
        var messages = (ArrayNode) request.body().path("messages").deepCopy();
        if (request.body().path("instructions").isTextual()) {
            messages.remove(0);
        }
        var tool = head.tool();
        var nodes = JsonNodeFactory.instance;
        ObjectNode said;
        if (tool == null) {
            said = Conversion.message("assistant", nodes.textNode(answer.text(0)));
        } else {
            said = Conversion.message("assistant", nodes.nullNode());
            var function = nodes.objectNode().put("name", tool.name()).put("arguments", answer.text(0));
            said.putArray("tool_calls")
                    .addObject()
                    .put("id", head.callId(0))
                    .put("type", "function")
                    .set("function", function);
        }
        return messages.add(said);
    }

    private String response(String status, String output, @Nullable Usage usage) {
        var body = request.body();
        return "{\"id\":" + Json.quote(head.id()) + ",\"created_at\":" + head.created() + ",\"incomplete_details\":"
                + (status.equals("incomplete") ? "{\"reason\":\"max_output_tokens\"}" : "null")
                + ",\"instructions\":" + json("instructions")
                + ",\"metadata\":" + json("metadata")
                + ",\"model\":" + Json.quote(head.model())
                + ",\"object\":\"response\",\"output\":[" + output
                + "],\"parallel_tool_calls\":true,\"temperature\":"
                + body.path("temperature").asDouble(1)
                + ",\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":"
                + body.path("top_p").asDouble(1)
                + ",\"background\":false,\"max_output_tokens\":"
                + (request.maxTokens() > 0 ? String.valueOf(request.maxTokens()) : "null")
                + ",\"max_tool_calls\":null,\"previous_response_id\":" + json("previous_response_id")
                + ",\"prompt\":null,\"reasoning\":null,\"service_tier\":\"auto\",\"status\":\"" + status
                + "\",\"text\":null,\"top_logprobs\":null,\"truncation\":\"disabled\",\"usage\":"
                + (usage == null ? "null" : usage(usage)) + ",\"user\":null}";
    }

    private String json(String name) {
        var value = request.body().path(name);
        return value.isMissingNode() ? "null" : value.toString();
    }

    private static String usage(Usage usage) {
        return "{\"input_tokens\":" + usage.prompt() + ",\"input_tokens_details\":{\"cached_tokens\":" + usage.cached()
                + "},\"output_tokens\":" + usage.completion()
                + ",\"output_tokens_details\":{\"reasoning_tokens\":0,\"tool_output_tokens\":0},\"total_tokens\":"
                + (usage.prompt() + usage.completion()) + "}";
    }

    private String item(String text, String status) {
        var tool = head.tool();
        if (tool != null) {
            return "{\"arguments\":" + Json.quote(text) + ",\"call_id\":" + Json.quote(head.callId(0)) + ",\"name\":"
                    + Json.quote(tool.name()) + ",\"type\":\"function_call\",\"id\":\"" + item + "\",\"status\":\""
                    + status + "\"}";
        }
        var content = status.equals("completed") ? part(text) : "";
        return "{\"id\":\"" + item + "\",\"content\":[" + content + "],\"role\":\"assistant\",\"status\":\"" + status
                + "\",\"type\":\"message\"}";
    }

    private static String part(String text) {
        return "{\"annotations\":[],\"text\":" + Json.quote(text) + ",\"type\":\"output_text\",\"logprobs\":null}";
    }

    private String start(String type) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + events++;
    }

    private String event(String type, String members) {
        return start(type) + members + "}\n\n";
    }

    private String place() {
        return ",\"item_id\":\"" + item + "\",\"output_index\":0" + (head.tool() == null ? ",\"content_index\":0" : "");
    }

    @Override
    public String streamStart(Answer answer) {
        var begun = ",\"response\":" + response("in_progress", "", null);
        var start = event("response.created", begun)
                + event("response.in_progress", begun)
                + event("response.output_item.added", ",\"output_index\":0,\"item\":" + item("", "in_progress"));
        return head.tool() == null
                ? start + event("response.content_part.added", place() + ",\"part\":" + part(""))
                : start;
    }

    @Override
    public String chunkStart(int choice) {
        return start(head.tool() == null ? "response.output_text.delta" : "response.function_call_arguments.delta")
                + place() + ",\"delta\":\"";
    }

    @Override
    public String chunkEnd(String finishReason) {
        return head.tool() == null ? "\",\"logprobs\":[]}\n\n" : "\"}\n\n";
    }

    @Override
    public String streamEnd(Answer answer) {
        var text = answer.text(0);
        var tool = head.tool();
        var end = tool == null
                ? event("response.output_text.done", place() + ",\"text\":" + Json.quote(text) + ",\"logprobs\":[]")
                        + event("response.content_part.done", place() + ",\"part\":" + part(text))
                : event(
                        "response.function_call_arguments.done",
                        place() + ",\"name\":" + Json.quote(tool.name()) + ",\"arguments\":" + Json.quote(text));
        return end
                + event("response.output_item.done", ",\"output_index\":0,\"item\":" + item(text, "completed"))
                + event("response.completed", ",\"response\":" + whole(answer));
    }
}
