package io.kvasir.load.replay;

import java.util.Arrays;

/** What is to happen when: a heap over primitives. Of several things at one time the one that was added first goes first. */
final class Agenda {
    private long[] times = new long[1024];
    private long[] turns = new long[1024];
    private long[] things = new long[1024];
    private int size;
    private long turn;

    boolean isEmpty() {
        return size == 0;
    }

    /** When the next thing happens; there must be one. */
    long next() {
        return times[0];
    }

    /** Adds a thing. */
    void add(long time, long thing) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            turns = Arrays.copyOf(turns, 2 * size);
            things = Arrays.copyOf(things, 2 * size);
        }
        int at = size++;
        long mine = turn++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (times[parent] <= time) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        set(at, time, mine, thing);
    }

    /** Takes the next thing; there must be one. */
    long take() {
        long thing = things[0];
        int last = --size;
        long time = times[last];
        long mine = turns[last];
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= last) {
                break;
            }
            if (child + 1 < last && before(times[child + 1], turns[child + 1], times[child], turns[child])) {
                child++;
            }
            if (before(time, mine, times[child], turns[child])) {
                break;
            }
            move(child, at);
            at = child;
        }
        set(at, time, mine, things[last]);
        return thing;
    }

    private static boolean before(long time, long turn, long otherTime, long otherTurn) {
        return time < otherTime || time == otherTime && turn < otherTurn;
    }

    private void move(int from, int to) {
        times[to] = times[from];
        turns[to] = turns[from];
        things[to] = things[from];
    }

    private void set(int at, long time, long mine, long thing) {
        times[at] = time;
        turns[at] = mine;
        things[at] = thing;
    }
}
