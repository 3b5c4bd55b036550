package io.kvasir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A client that behaves well and sends one small chat after the other, all the time. */
final class Bystander implements AutoCloseable {
    private static final long PAUSE_MILLIS = 10;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(30))
            .build();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong worstNanos = new AtomicLong();
    private final URI chats;
    private final String model;

    Bystander(URI chats, String model) {
        this.chats = chats;
        this.model = model;
        var _ = thread.scheduleWithFixedDelay(this::ask, 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void ask() {
        long number = answered.get();
        var body = "{\"model\":\"" + model + "\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\""
                + number + " what now?\"}]}";
        long start = System.nanoTime();
        try {
            var answer = http.send(
                    HttpRequest.newBuilder(chats)
                            .timeout(Duration.ofSeconds(60))
                            .header("content-type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                failures.add(answer.statusCode() + " " + answer.body());
            } else if (!answer.body().contains("\"chat.completion\"")) {
                failures.add("not its answer: " + answer.body());
            }
        } catch (IOException e) {
            failures.add(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        worstNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
        answered.incrementAndGet();
    }

    /** Returns when so many requests more have been answered. */
    void answers(int more) {
        long until = answered.get() + more;
        await().atMost(Duration.ofSeconds(60)).until(() -> answered.get() >= until);
    }

    /** Checks that all went well, and none took longer than that, since the last time. */
    void wasServedWithin(Duration most) {
        var went = List.copyOf(failures);
        failures.clear();
        assertThat(went).isEmpty();
        assertThat(Duration.ofNanos(worstNanos.getAndSet(0))).isLessThan(most);
    }

    @Override
    public void close() {
        thread.shutdownNow();
        http.shutdownNow();
    }
}
