/**
 * Files: safetensors, npy and npz, WAV, PNM, strict JSON, model archives, atomic writing. Everything read is checked
 * before it is used.
 */
package dev.neurite.io;
