/** The masks of reference images: files that say which parts are repainted. */

const masks = new WeakMap();

export const maskOf = (image) => masks.get(image)?.file ?? null;
export const maskURL = (image) => masks.get(image)?.url ?? null;

/** Gives an image a mask, or none. */
export function setMask(image, file) {
  if (masks.has(image)) URL.revokeObjectURL(masks.get(image).url);
  masks.delete(image);
  if (file) masks.set(image, { file, url: URL.createObjectURL(file) });
}
