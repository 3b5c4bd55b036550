package io.kvasir.prefix;

/** Where an engine keeps KV blocks, the nearest to its computing first. */
public enum CacheTier {
    /** Memory of the accelerator. */
    GPU,
    /** Memory of the host. */
    CPU,
    /** Disks, and stores that replicas share. */
    STORAGE
}
