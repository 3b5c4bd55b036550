package io.kvasir.sim.http;

import io.kvasir.sim.engine.CacheListener;
import io.kvasir.sim.engine.EngineLimits;
import io.kvasir.sim.engine.Sequence;
import java.util.ArrayDeque;

/**
 * Keeps an engine's KV events until they are read, as TensorRT-LLM does for {@code /kv_cache_events}: the oldest go where
 * there are too many, and a reading takes all away. For the engine's event loop.
 */
final class EventBuffer implements CacheListener {
    private final int most;
    private final int blockSize;
    private final int whole;
    private final int window;
    private final ArrayDeque<String> kept = new ArrayDeque<>();
    private long number;

    EventBuffer(EventOptions options, EngineLimits limits) {
        most = options.buffered();
        blockSize = limits.blockSize();
        whole = limits.maxModelLength();
        window = limits.window();
        created();
    }

    private void created() {
        add(whole, "{\"type\":\"created\",\"num_blocks_per_cache_level\":[1,0]}");
        if (window > 0) {
            add(window, "{\"type\":\"created\",\"num_blocks_per_cache_level\":[1,0]}");
        }
    }

    private void add(int ofWindow, String data) {
        if (kept.size() == most) {
            kept.remove();
        }
        kept.add("{\"event_id\":" + number++ + ",\"data\":" + data + ",\"window_size\":" + ofWindow + "}");
    }

    @Override
    public void stored(Sequence sequence, int from, int to) {
        var data = new StringBuilder("{\"type\":\"stored\",\"parent_hash\":")
                .append(from == 0 ? "null" : Long.toUnsignedString(sequence.block(from - 1)))
                .append(",\"blocks\":[");
        for (int block = from; block < to; block++) {
            data.append(block == from ? "" : ",")
                    .append("{\"type\":\"stored_block\",\"block_hash\":")
                    .append(Long.toUnsignedString(sequence.block(block)))
                    .append(",\"tokens\":[");
            for (int i = 0; i < blockSize; i++) {
                data.append(i == 0 ? "" : ",")
                        .append("{\"type\":\"unique_token\",\"token_id\":")
                        .append(sequence.token(block * blockSize + i))
                        .append(",\"token_extra_id\":0}");
            }
            data.append("],\"cache_level\":0,\"priority\":35}");
        }
        String told = data.append("]}").toString();
        add(whole, told);
        if (window > 0) {
            add(window, told);
        }
    }

    private void removed(int ofWindow, long hash) {
        add(ofWindow, "{\"type\":\"removed\",\"block_hashes\":[" + Long.toUnsignedString(hash) + "]}");
    }

    @Override
    public void removed(long hash) {
        removed(whole, hash);
    }

    @Override
    public void removedFromWindow(long hash) {
        removed(window, hash);
    }

    @Override
    public void cleared() {
        restarted();
    }

    /** Goes on as another process, which has an empty cache and counts from 0. */
    void restarted() {
        kept.clear();
        number = 0;
        created();
    }

    /** All that is kept, which is kept no more. */
    String read() {
        String all = "[" + String.join(",", kept) + "]";
        kept.clear();
        return all;
    }
}
