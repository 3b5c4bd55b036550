package io.kvasir.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
    @Test
    void blocksWithoutContentGoFirstThenTheLeastRecentlyReleased() {
        var pool = new BlockPool(4);
        int a = pool.take();
        int b = pool.take();
        pool.cache(a, 100);
        pool.cache(b, 200);
        pool.release(b);
        pool.release(a);

        pool.take();
        pool.take();
        assertThat(pool.find(200)).isEqualTo(b);
        assertThat(pool.take()).isEqualTo(b);
        assertThat(pool.find(200)).isEqualTo(BlockIndex.NONE);
        assertThat(pool.find(100)).isEqualTo(a);
    }

    @Test
    void aSequencesTailIsEvictedBeforeItsHead() {
        var sim = new EngineFixture(8, 8192, 8, 128);
        sim.submit(1, 97, 1);
        sim.finishAll();
        // 8 blocks: 1 unused, 7 of the first prompt; the second takes 4
        sim.submit(2, 50, 1);
        sim.finishAll();
        var again = sim.submit(1, 97, 1);
        sim.finishAll();

        assertThat(again.sequence().cachedTokens()).isEqualTo(4 * 16);
    }

    @Test
    void aBlockThatIsUsedAgainMovesToTheEndOfTheQueue() {
        var pool = new BlockPool(2);
        int a = pool.take();
        int b = pool.take();
        pool.cache(a, 1);
        pool.cache(b, 2);
        pool.release(a);
        pool.release(b);
        pool.pin(a);
        pool.release(a);

        assertThat(pool.take()).isEqualTo(b);
        assertThat(pool.find(1)).isEqualTo(a);
    }

    @Test
    void ofTwoBlocksWithOneContentTheSecondOutlivesTheFirst() {
        var pool = new BlockPool(2);
        int a = pool.take();
        int b = pool.take();
        pool.cache(a, 7);
        pool.cache(b, 7);
        assertThat(pool.find(7)).isEqualTo(a);
        pool.release(a);
        pool.take();

        assertThat(pool.find(7)).isEqualTo(b);
        pool.release(b);
        pool.take();
        assertThat(pool.find(7)).isEqualTo(BlockIndex.NONE);
    }

    @Test
    void behavesAsANaiveModelUnderRandomOperations() {
        var random = new SplittableRandom(42);
        int capacity = 40;
        var pool = new BlockPool(capacity);
        var queue = new ArrayDeque<Integer>();
        var content = new HashMap<Integer, Long>();
        var references = new HashMap<Integer, Integer>();
        var held = new ArrayList<Integer>();
        int fresh = 0;
        for (int op = 0; op < 50_000; op++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (pool.free() > 0) {
                        int expected = fresh < capacity ? fresh++ : queue.removeFirst();
                        assertThat(pool.take()).isEqualTo(expected);
                        content.remove(expected);
                        references.put(expected, 1);
                        held.add(expected);
                    }
                }
                case 1 -> {
                    if (!held.isEmpty()) {
                        Collections.swap(held, random.nextInt(held.size()), held.size() - 1);
                        int block = held.removeLast();
                        pool.release(block);
                        if (references.merge(block, -1, Integer::sum) == 0) {
                            queue.addLast(block);
                        }
                    }
                }
                case 2 -> {
                    if (!held.isEmpty()) {
                        int block = held.get(random.nextInt(held.size()));
                        if (!content.containsKey(block)) {
                            long hash = random.nextInt(30);
                            pool.cache(block, hash);
                            content.put(block, hash);
                        }
                    }
                }
                default -> {
                    long hash = random.nextInt(30);
                    int found = pool.find(hash);
                    if (found == BlockIndex.NONE) {
                        assertThat(content).doesNotContainValue(hash);
                    } else {
                        assertThat(content).containsEntry(found, hash);
                        pool.pin(found);
                        references.merge(found, 1, Integer::sum);
                        queue.remove(found);
                        held.add(found);
                    }
                }
            }
            assertThat(pool.free()).isEqualTo(capacity - fresh + queue.size());
            assertThat(pool.evictable())
                    .isEqualTo((int) queue.stream().filter(content::containsKey).count());
        }
        assertThat(pool.cachedBlocks())
                .isEqualTo((int) content.values().stream().distinct().count());
    }

    @Test
    void theIndexBehavesAsAMapUnderRandomOperations() {
        var random = new SplittableRandom(7);
        var index = new BlockIndex();
        var map = new LinkedHashMap<Long, Integer>();
        for (int op = 0; op < 200_000; op++) {
            long key = random.nextInt(3000);
            if (random.nextInt(3) == 0) {
                index.remove(key);
                map.remove(key);
            } else if (random.nextBoolean()) {
                index.put(key, op);
                map.put(key, op);
            }
            assertThat(index.get(key)).isEqualTo(map.getOrDefault(key, BlockIndex.NONE));
        }
        assertThat(index.size()).isEqualTo(map.size());
        map.forEach((key, value) -> assertThat(index.get(key)).isEqualTo(value));
    }
}
