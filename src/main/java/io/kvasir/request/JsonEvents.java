package io.kvasir.request;

/**
 * What {@link JsonLexer} tells about a body while it reads it, and how it is told what to do with each value. Values
 * inside one that is not entered are checked and not reported.
 */
interface JsonEvents {
    /** Check the value, report only its end. */
    int SKIP = 0;
    /** Report the value's bytes as they stand in the body, then its end. */
    int RAW = 1;
    /** Strings only: unescape the value for {@link JsonLexer#captured} and report its end. */
    int CAPTURE = 2;
    /** Strings only: unescape the value piece by piece, then report its end. */
    int STREAM = 3;
    /** Objects and arrays only: report the members, then {@link #leave}. */
    int ENTER = 4;
    /**
     * Numbers in an array only: like {@link #SKIP}, and elements behind it that are plain digits may be reported by
     * {@link #integer} alone.
     */
    int INTEGERS = 5;

    int OBJECT = 0;
    int ARRAY = 1;
    int STRING = 2;
    int NUMBER = 3;
    int TRUE = 4;
    int FALSE = 5;
    int NULL = 6;

    /**
     * A value starts at {@link JsonLexer#position}.
     *
     * @param kind {@link #OBJECT} to {@link #NULL}
     * @return {@link #SKIP} to {@link #INTEGERS}, as the kind allows
     */
    int begin(int kind);

    /**
     * A member's name in an object that was entered.
     *
     * @param bytes the name, unescaped, valid during the call
     * @param length -1 for a name too long to be known
     */
    void name(byte[] bytes, int length);

    /** A piece of a value that is {@link #RAW} or {@link #STREAM}ed; the bytes are valid during the call. */
    void piece(byte[] bytes, int offset, int length);

    /** The value that {@link #begin} did not answer with {@link #ENTER} ended before {@link JsonLexer#position}. */
    void end(int kind);

    /** An element of an array entered, a whole number of at least 0. Whether it comes this way depends on chunks. */
    void integer(int value);

    /** The object or array entered last ended before {@link JsonLexer#position}. */
    void leave();
}
