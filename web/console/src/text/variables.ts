// Variables in the texts of replies. Pure.

/** Variables, and the code in which they are left alone. */
export const VARIABLE = /```[\s\S]*?(?:```|$)|`[^`\n]+`|\{\{([^{}\n]*)\}\}/g;

/** The names of the variables of a text. */
export function variablesOf(text: string): string[] {
  const names = [...text.matchAll(VARIABLE)].filter((one) => one[1] !== undefined).map((one) => one[1]!.split('|')[0]!.trim());
  return [...new Set(names)];
}
