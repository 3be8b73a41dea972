// The CPU time of an isolate in workerd, by V8's own profiler over the inspector.

/** Frames in which the isolate does not work for anybody. */
const IDLE = new Set(["(root)", "(idle)", "(program)"]);

/** Microseconds between two samples. */
const INTERVAL = 100;

/** A connection to an inspector's target. */
export class Inspector {
  #socket;
  #waiting = new Map();
  #number = 0;

  static async of(port) {
    const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
    const inspector = new Inspector();
    const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
    inspector.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      const waiting = inspector.#waiting.get(id);
      inspector.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    };
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
    await inspector.send("Profiler.enable");
    await inspector.send("Profiler.setSamplingInterval", { interval: INTERVAL });
    return inspector;
  }

  send(method, params = {}) {
    const id = ++this.#number;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Milliseconds in which the isolate was at work while `action` ran. */
  async time(action) {
    await this.send("Profiler.start");
    await action();
    const { profile } = await this.send("Profiler.stop");
    const idle = new Set(profile.nodes.filter((node) => IDLE.has(node.callFrame.functionName)).map((node) => node.id));
    const busy = profile.timeDeltas.filter((_, place) => !idle.has(profile.samples[place]));
    // A longer gap is time in which the thread did not run: it had given way to another process.
    return busy.reduce((sum, delta) => sum + Math.min(delta, 2 * INTERVAL), 0) / 1000;
  }

  close() {
    this.#socket.close();
  }
}
