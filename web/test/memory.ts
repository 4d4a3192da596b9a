/** A Storage in memory with a size limit. */
export class Memory implements Storage {
  private readonly map = new Map<string, string>();
  constructor(private readonly limit = Infinity) {}
  get length(): number { return this.map.size; }
  key(index: number): string | null { return [...this.map.keys()][index] ?? null; }
  getItem(key: string): string | null { return this.map.get(key) ?? null; }
  setItem(key: string, value: string): void {
    if (value.length > this.limit) throw new DOMException('full', 'QuotaExceededError');
    this.map.set(key, value);
  }
  removeItem(key: string): void { this.map.delete(key); }
  clear(): void { this.map.clear(); }
}
