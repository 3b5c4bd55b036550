package io.kvasir.testing;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports that nobody else gets: for a child process, or for a listener that goes and whose clients must be refused then, or
 * find its successor there. A port that the system hands out is handed out again, to another test or to a connection, as
 * soon as nobody listens at it.
 */
public final class ReservedPorts {
    private static final int FIRST = 10_000;
    /** From here on Linux hands ports out to who names none; other systems do from 49152 on. */
    private static final int END = 32_768;

    /** Open as long as this process lives: a port is taken among processes that come here by its number for datagrams. */
    private static final List<DatagramSocket> TAKEN = new ArrayList<>();

    private static int last = ThreadLocalRandom.current().nextInt(FIRST, END);

    private ReservedPorts() {}

    /** One at which nobody listens, on no address of this machine, and which is not given out again. */
    public static synchronized int next() {
        for (int tried = FIRST; tried < END; tried++) {
            last = last + 1 < END ? last + 1 : FIRST;
            if (take(last)) {
                return last;
            }
        }
        throw new IllegalStateException("no port from " + FIRST + " to " + END + " is free");
    }

    /** The first of that many side by side, each as {@link #next} gives it. */
    public static synchronized int next(int count) {
        int first = next();
        int end = first + 1;
        while (end - first < count) {
            int further = next();
            first = further == end ? first : further;
            end = further + 1;
        }
        return first;
    }

    /** Its number first: to listen there before would disturb whoever it was given to. */
    static synchronized boolean take(int port) {
        DatagramSocket number;
        try {
            number = new DatagramSocket(port);
        } catch (SocketException e) {
            // given to another
            return false;
        }
        try (var _ = new ServerSocket(port)) {
            TAKEN.add(number);
            return true;
        } catch (IOException e) {
            // somebody listens there who does not come here
            number.close();
            return false;
        }
    }
}
