package io.kvasir.sim.http;

/** Answers made of choices, as OpenAI's chats and completions are. */
interface ChoiceFormat extends AnswerFormat {
    /** The event that ends a stream. */
    String DONE = "data: [DONE]\n\n";

    /** What comes before the choices of an unstreamed answer. */
    String wholeStart();

    /** One choice of an unstreamed answer. */
    void wholeChoice(StringBuilder out, int choice, String text, String finishReason);

    /** What comes after the choices. */
    String wholeEnd(Usage usage);

    /** The event that reports usage. */
    String usageChunk(Usage usage);

    @Override
    default String whole(Answer answer) {
        var body = new StringBuilder(1024).append(wholeStart());
        for (int i = 0; i < answer.request().choices().size(); i++) {
            body.append(i == 0 ? "" : ",");
            wholeChoice(body, i, answer.text(i), answer.finishReason(i));
        }
        return body.append(wholeEnd(Usage.of(answer))).toString();
    }

    @Override
    default String streamEnd(Answer answer) {
        return answer.request().includeUsage() ? usageChunk(Usage.of(answer)) + DONE : DONE;
    }
}
