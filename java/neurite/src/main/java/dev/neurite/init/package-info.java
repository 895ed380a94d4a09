/** Start values of parameters. */
package dev.neurite.init;
