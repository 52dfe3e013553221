/** Beside each file of the build its gzip, so that no service compresses while it answers. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const OUT = new URL("../../src/ecp/web/", import.meta.url).pathname;
const WORTH = /\.(js|css|html|svg|json)$/;

for (const name of readdirSync(OUT, { recursive: true })) {
  const file = join(OUT, name);
  if (WORTH.test(name) && statSync(file).isFile()) {
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
  }
}
