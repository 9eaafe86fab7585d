/** The words of a text, for lists that are easier to read without quotes and commas. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
