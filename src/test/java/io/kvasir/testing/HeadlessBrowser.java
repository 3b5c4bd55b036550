package io.kvasir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A Chromium without a window, driven by its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
public final class HeadlessBrowser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome");
    private static final String LISTENING = "DevTools listening on ";
    private static final long SECONDS = 60;
    private static final int CONTROL = 2;
    private static final int SHIFT = 8;
    /** Virtual key codes, as Windows has them. */
    private static final Map<String, Integer> KEYS = Map.of(
            "Tab",
            9,
            "Enter",
            13,
            "Escape",
            27,
            "End",
            35,
            "Home",
            36,
            "ArrowLeft",
            37,
            "ArrowUp",
            38,
            "ArrowRight",
            39,
            "ArrowDown",
            40);

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Messages messages = new Messages();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();

    /** Where a Chromium is, by the variable CHROMIUM or on the path; empty where there is none. */
    public static Optional<Path> find() {
        var named = System.getenv("CHROMIUM");
        if (named != null) {
            return Optional.of(Path.of(named)).filter(Files::isExecutable);
        }
        return NAMES.stream()
                .flatMap(name -> Stream.of(
                                System.getenv().getOrDefault("PATH", "").split(":", -1))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts it.
     *
     * @param profile an empty folder
     */
    public HeadlessBrowser(Path program, Path profile) throws IOException, InterruptedException {
        process = new ProcessBuilder(
                        program.toString(),
                        "--headless=new",
                        // it shows pages of our own only, and CI runs as root
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        try {
            socket = http.newWebSocketBuilder()
                    .connectTimeout(Duration.ofSeconds(SECONDS))
                    .buildAsync(page(listening()), messages)
                    .join();
            send("Network.enable", Map.of());
            send("Runtime.enable", Map.of());
            send("Page.enable", Map.of());
            // else the end of its own loading would be taken for that of the first page opened
            await(
                    "its empty page",
                    () -> value("document.readyState === 'complete'").asBoolean());
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            end();
            throw e;
        }
    }

    private URI listening() throws IOException {
        var address = new CompletableFuture<URI>();
        Thread.ofVirtual().start(() -> {
            var seen = new StringBuilder();
            try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith(LISTENING)) {
                        address.complete(
                                URI.create(line.substring(LISTENING.length()).strip()));
                    } else if (!address.isDone()) {
                        seen.append(line).append('\n');
                    }
                }
            } catch (IOException e) {
                seen.append(e);
            }
            address.completeExceptionally(new IOException("the browser ended: " + seen));
        });
        return wait(address);
    }

    /** Its first page, which may come a little later than its address. */
    private URI page(URI browser) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + browser.getPort() + "/json/list"))
                .timeout(Duration.ofSeconds(SECONDS))
                .build();
        var pages = new ArrayList<URI>();
        await("a page", () -> {
            var list = http.send(request, HttpResponse.BodyHandlers.ofString());
            for (var target : JSON.readTree(list.body())) {
                if (target.path("type").asText().equals("page")) {
                    pages.add(URI.create(target.path("webSocketDebuggerUrl").asText()));
                }
            }
            return !pages.isEmpty();
        });
        return pages.getFirst();
    }

    /** Whether something is so by now. */
    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private static void await(String what, Condition condition) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("the browser does not show " + what);
            }
            Thread.sleep(50);
        }
    }

    /** Sets the size of the window in CSS pixels, as of a phone or not. */
    public void size(int width, int height, double scale, boolean phone) {
        send(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", scale, "mobile", phone));
    }

    /** Lays the page out as for print, or not. */
    public void print(boolean print) {
        send("Emulation.setEmulatedMedia", Map.of("media", print ? "print" : ""));
    }

    /** Opens a file and waits until the page says that it is ready. */
    public void open(Path file) {
        var loaded = messages.next("Page.loadEventFired");
        send("Page.navigate", Map.of("url", file.toUri().toString()));
        wait(loaded);
    }

    /** Opens an address and waits until it is loaded. */
    public void open(URI address) {
        var loaded = messages.next("Page.loadEventFired");
        send("Page.navigate", Map.of("url", address.toString()));
        wait(loaded);
    }

    /** Shows pages as people see them who prefer dark colours, or light ones. */
    public void dark(boolean dark) {
        send(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(
                                Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"),
                                // what moves would be caught on its way
                                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    }

    /** Presses and releases a key as a keyboard does: {@code Tab}, {@code Enter}, {@code Escape} or an arrow. */
    public void press(String key) {
        press(key, 0, List.of());
    }

    /** Presses {@code Tab} with shift, which goes back. */
    public void pressBack() {
        press("Tab", SHIFT, List.of());
    }

    /** Types over all that is in the field that has the focus. */
    public void type(String text) {
        press("a", CONTROL, List.of("selectAll"));
        send("Input.insertText", Map.of("text", text));
    }

    private void press(String key, int modifiers, List<String> commands) {
        var code = KEYS.getOrDefault(key, (int) Character.toUpperCase(key.charAt(0)));
        var event = new HashMap<String, Object>(
                Map.of("key", key, "code", key, "windowsVirtualKeyCode", code, "modifiers", modifiers));
        var down = new HashMap<>(event);
        down.put("type", key.equals("Enter") ? "keyDown" : "rawKeyDown");
        down.put("commands", commands);
        if (key.equals("Enter")) {
            down.put("text", "\r");
        }
        send("Input.dispatchKeyEvent", down);
        event.put("type", "keyUp");
        send("Input.dispatchKeyEvent", event);
    }

    /** What assistive technology is told of the page: each node that is not ignored, with its role and name. */
    public List<JsonNode> accessibleNodes() {
        return send("Accessibility.getFullAXTree", Map.of())
                .path("nodes")
                .valueStream()
                .filter(node -> !node.path("ignored").asBoolean())
                .toList();
    }

    /** Waits until an expression in the page is true. */
    public void await(String expression) throws IOException, InterruptedException {
        await(expression, () -> value("Boolean(" + expression + ")").asBoolean());
    }

    /** The value of an expression in the page, which may be a promise. */
    public JsonNode value(String expression) {
        var answer =
                send("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.path("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    /** Addresses of all that was asked for since the start. */
    public Collection<String> asked() {
        return messages.asked;
    }

    /** Errors of scripts since the start. */
    public Collection<String> errors() {
        return messages.errors;
    }

    /** A picture of the window, as PNG. */
    public byte[] picture() {
        return Base64.getDecoder()
                .decode(send("Page.captureScreenshot", Map.of("format", "png"))
                        .path("data")
                        .asText());
    }

    private JsonNode send(String method, Map<String, ?> parameters) {
        int id = ids.incrementAndGet();
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        var answer = messages.answer(id);
        socket.sendText(message.toString(), true).join();
        var node = wait(answer);
        if (node.has("error")) {
            throw new AssertionError(method + ": " + node.path("error"));
        }
        return node.path("result");
    }

    private static <T> T wait(CompletableFuture<T> future) {
        return future.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        socket.abort();
        end();
    }

    /** Ends it and all that it has started, which would else write to its profile still. */
    private void end() {
        var all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        process.destroy();
        for (var one : all) {
            try {
                one.onExit().get(10, TimeUnit.SECONDS);
            } catch (TimeoutException | ExecutionException e) {
                one.destroyForcibly();
                one.onExit().join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                one.destroyForcibly();
            }
        }
    }

    private static final class Messages implements WebSocket.Listener {
        private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
        private final Map<String, CompletableFuture<JsonNode>> events = new ConcurrentHashMap<>();
        private final Collection<String> asked = new ConcurrentLinkedQueue<>();
        private final Collection<String> errors = new ConcurrentLinkedQueue<>();
        private final StringBuilder text = new StringBuilder();

        CompletableFuture<JsonNode> answer(int id) {
            return answers.computeIfAbsent(id, _ -> new CompletableFuture<>());
        }

        CompletableFuture<JsonNode> next(String event) {
            var future = new CompletableFuture<JsonNode>();
            events.put(event, future);
            return future;
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                try {
                    take(JSON.readTree(text.toString()));
                } catch (IOException e) {
                    errors.add(e.toString());
                }
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }

        private void take(JsonNode message) {
            if (message.has("id")) {
                answer(message.path("id").asInt()).complete(message);
                return;
            }
            var method = message.path("method").asText();
            if (method.equals("Network.requestWillBeSent")) {
                asked.add(message.path("params").path("request").path("url").asText());
            } else if (method.equals("Runtime.exceptionThrown")) {
                errors.add(message.path("params").toString());
            }
            var waiting = events.remove(method);
            if (waiting != null) {
                waiting.complete(message);
            }
        }
    }
}
