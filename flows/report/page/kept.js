// What a reader chose, kept in this browser where it may be.

const PREFIX = "fillrate.";

export function recall(name, otherwise) {
  try {
    const value = JSON.parse(localStorage.getItem(PREFIX + name));
    return value === null ? otherwise : value;
  } catch {
    return otherwise;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A page opened from a mail may keep nothing; the choice then lasts as long as the page.
  }
}
