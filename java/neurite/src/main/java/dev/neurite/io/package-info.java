/**
 * Files: safetensors, strict JSON, model archives, atomic writing. Everything read is checked
 * before it is used.
 */
package dev.neurite.io;
