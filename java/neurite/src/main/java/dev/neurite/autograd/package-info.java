/** The tape that records ops and computes gradients, and the check of gradients by finite differences. */
package dev.neurite.autograd;
