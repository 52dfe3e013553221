// Hands every request and WebSocket of one local port on to a service. Nothing is decided here.
import http from "node:http";
import net from "node:net";

export function forward({ port, to, hint }) {
  const target = new URL(to);
  const where = { host: target.hostname, port: Number(target.port || 80) };

  const server = http.createServer((request, response) => {
    const onward = http.request(
      { ...where, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => {
      if (!response.headersSent) response.writeHead(502, { "Content-Type": "text/plain" });
      response.end(`${to} does not answer. Start it: ${hint}\n`);
    });
    request.pipe(onward);
  });

  server.on("upgrade", (request, socket, head) => {
    const onward = net.connect(where.port, where.host, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
      }
      onward.write(`${lines.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });

  server.on("error", (error) => {
    console.error(`port ${port}: ${error.code === "EADDRINUSE" ? "in use" : error.message}`);
    process.exit(1);
  });
  server.listen(port, "127.0.0.1", () => console.log(`http://localhost:${port} shows ${to}`));
}
