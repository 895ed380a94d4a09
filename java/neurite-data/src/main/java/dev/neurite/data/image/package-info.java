/** Pictures from files and folders, by ImageIO and its plug-ins. */
package dev.neurite.data.image;
