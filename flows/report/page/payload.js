// The data blocks of the page: base64, gzip, JSON; and columns turned into rows.

export async function unpacked(name) {
  const bytes = Uint8Array.from(atob(document.getElementById(`data-${name}`).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

export function rowsOf(table) {
  const rows = Array.from({ length: table.rows }, (_, id) => ({ id }));
  for (const [name, column] of Object.entries(table.columns)) {
    if (Array.isArray(column)) rows.forEach((row, place) => (row[name] = column[place]));
    else rows.forEach((row, place) => (row[name] = column.at[place] === null ? null : column.values[column.at[place]]));
  }
  return rows;
}
