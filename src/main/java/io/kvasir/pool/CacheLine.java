package io.kvasir.pool;

/**
 * What many threads write stands away from what stands before it in memory: fields of a subclass come behind these, as the
 * JVM lays out superclasses first. Two lines of 64 bytes, as processors fetch them in pairs.
 */
@SuppressWarnings("unused") // room is all that they are
abstract class CacheLine {
    private long p00;
    private long p01;
    private long p02;
    private long p03;
    private long p04;
    private long p05;
    private long p06;
    private long p07;
    private long p08;
    private long p09;
    private long p10;
    private long p11;
    private long p12;
    private long p13;
    private long p14;
    private long p15;
}
