/** A line on a terminal that says what is going on, once it has gone on for a while; nothing where nobody looks. */
export class Progress {
  private timer: NodeJS.Timeout | undefined;
  private shown = false;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  start(what: string): void {
    this.stop();
    if (!this.stream.isTTY) return;
    this.timer = setTimeout(() => {
      this.stream.write(`\r\x1b[K${what} …`);
      this.shown = true;
    }, 300);
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.shown) this.stream.write('\r\x1b[K');
    this.shown = false;
  }
}
