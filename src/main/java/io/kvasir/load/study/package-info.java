/**
 * Studies: questions that replays in virtual time answer. A study is a file that says which arms, workloads, pools and loads;
 * each combination is a cell, in which all arms get the same requests. Runs are kept in a folder, so that a study that was
 * interrupted goes on where it stopped.
 */
@NullMarked
package io.kvasir.load.study;

import org.jspecify.annotations.NullMarked;
