/** The pictures that this browser keeps, in IndexedDB; where it keeps none, they last as long as the page. */

const database = "iris";
const table = "pictures";
/** Pixels of a small picture's side, twice what is shown. */
const smallSide = 192;

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Returns what the action's request results in, once it is committed: a page that is left before loses it. */
async function change(mode, action) {
  const transaction = (await open()).transaction(table, mode);
  const request = action(transaction.objectStore(table));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  return request.result;
}

/** Returns all records, oldest first. */
export const keptPictures = () => change("readonly", (store) => store.getAll());

/** Keeps a record and gives it its id. */
export async function keepPicture(record) {
  record.id = await change("readwrite", (store) => store.add(record));
}

/** Forgets a record. */
export async function forgetPicture(record) {
  if (record.id !== undefined) await change("readwrite", (store) => store.delete(record.id));
}

/** Forgets all records. */
export const forgetPictures = () => change("readwrite", (store) => store.clear());

/** Returns a small copy of a picture, square and cut around its middle. */
export async function smallPicture(picture) {
  const bitmap = await createImageBitmap(picture);
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = smallSide;
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  canvas.getContext("2d").drawImage(bitmap, left, top, side, side, 0, 0, smallSide, smallSide);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.8));
}
