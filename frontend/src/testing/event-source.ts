/** An EventSource that a test opens, breaks and lets speak. */
export class ScriptedEventSource extends EventTarget {
  static readonly CLOSED = 2;
  static all: ScriptedEventSource[] = [];
  readonly url: string;
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string) {
    super();
    this.url = url;
    ScriptedEventSource.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(kind: string, body: object): void {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(body) }));
  }

  /** Break: `0` when the browser comes back by itself, `2` when it was refused for good. */
  fail(readyState: 0 | 2): void {
    this.readyState = readyState;
    this.onerror?.();
  }
}
