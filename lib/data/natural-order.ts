/**
 * Orders '/' separated paths as a person would: folder by folder, numbers by value ("img2" before "img10").
 * Letters are ordered by their UTF-16 code, so the order is the same under every locale.
 */
export function compareNatural(a: string, b: string): number {
  const [partsA, partsB] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.min(partsA.length, partsB.length); i++) {
    const order = comparePart(partsA[i]!, partsB[i]!);
    if (order !== 0) return order;
  }
  return partsA.length - partsB.length || compareCodes(a, b);
}

function comparePart(a: string, b: string): number {
  const [runsA, runsB] = [runsOf(a), runsOf(b)];
  for (let i = 0; i < Math.min(runsA.length, runsB.length); i++) {
    const order = compareRun(runsA[i]!, runsB[i]!);
    if (order !== 0) return order;
  }
  return runsA.length - runsB.length || compareCodes(a, b);
}

/** "img012.png" → ["img", "012", ".png"]. */
function runsOf(part: string): string[] {
  return part.match(/[0-9]+|[^0-9]+/g) ?? [];
}

/** Numbers of any length by value; "07" and "7" are equal here and told apart at the end. */
function compareRun(a: string, b: string): number {
  if (!isNumber(a) || !isNumber(b)) return compareCodes(a, b);
  const [digitsA, digitsB] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return digitsA.length - digitsB.length || compareCodes(digitsA, digitsB);
}

function isNumber(run: string): boolean {
  return run >= '0' && run < ':';
}

export function compareCodes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
