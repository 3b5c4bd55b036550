/**
 * Who may read the management port: a bearer token is reviewed by the cluster's API server (TokenReview), and so is what
 * its owner may ask (SubjectAccessReview). {@code AccessFilter} stands before every route but health, {@code
 * AccessControl} remembers verdicts for a while and bounds what is asked of the API server, {@code ApiReviews} asks it.
 */
@NullMarked
package io.kvasir.access;

import org.jspecify.annotations.NullMarked;
