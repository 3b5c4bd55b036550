/**
 * Who is served first when there is not enough, in virtual time: streams of requests of several tenants and priorities meet
 * one pool, with and without flow control, and those that matter also alone.
 */
@NullMarked
package io.kvasir.load.contention;

import org.jspecify.annotations.NullMarked;
