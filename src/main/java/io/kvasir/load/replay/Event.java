package io.kvasir.load.replay;

/** What happens in virtual time, to one request, replica or other thing by its number. */
enum Event {
    /** A request comes. */
    ARRIVE,
    /** An engine may have something to tell. */
    ENGINE,
    /** A metrics page is read. */
    PAGE,
    /** A first token is there. */
    FIRST,
    /** An answer is there. */
    END,
    /** A replica slows down, or recovers. */
    SLOW,
    /** What is believed of caches ages. */
    SWEEP,
    /** Something is to be done for a request that waited. */
    TASK,
    /** The time of a request that waits is over. */
    EXPIRE,
    /** A refused request comes again. */
    AGAIN,
    /** What waits is looked after. */
    TICK;

    private static final int SHIFT = 40;
    private static final Event[] ALL = values();

    /** It and its thing, for an {@link Agenda}. */
    long of(int which) {
        return (long) ordinal() << SHIFT | which;
    }

    /** Which event that is; the lower 32 bits are its thing. */
    static Event of(long thing) {
        return ALL[(int) (thing >>> SHIFT)];
    }
}
