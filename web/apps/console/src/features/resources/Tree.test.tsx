import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { Tree } from "./Tree";
import { grown, laid } from "./tree";
import type { Item } from "./types";
import { flipped, listed } from "./view";

function item(kind: string, name: string, owner: string | null, problem = false): Item {
  return {
    id: name,
    apiVersion: "v1",
    kind,
    namespace: "acme",
    name,
    uid: name,
    owner_uid: owner,
    labels: {},
    created_at: null,
    health: problem ? "degraded" : "healthy",
    reason: problem ? "the image cannot be pulled" : null,
    sync: "released",
    changed: [],
    ready: 0,
    desired: 1,
    restarts: null,
    node: null,
    problem,
  };
}

const ITEMS = [
  item("Deployment", "web", null, true),
  item("ReplicaSet", "web-1", "web", true),
  item("Pod", "web-1-a", "web-1", true),
  item("Pod", "web-1-b", "web-1"),
];

function Drawn({ onOpen }: { onOpen: (id: string) => void }) {
  const [flip, setFlip] = useState("");
  return (
    <MantineProvider>
      <Tree
        label="objects"
        of={laid(grown(ITEMS, ITEMS), listed(flip))}
        open=""
        onOpen={onOpen}
        onFlip={(id) => setFlip(flipped(flip, id))}
      />
    </MantineProvider>
  );
}

const shown = () => screen.getAllByRole("treeitem").map((one) => one.dataset.row);

test("a tree is walked, folded and opened by keys alone, and says how each stands", async () => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run));
  const opened: string[] = [];
  const user = userEvent.setup();
  render(<Drawn onOpen={(id) => opened.push(id)} />);
  expect(shown()).toEqual(["web", "web-1", "web-1-a", "web-1-b"]);
  expect(screen.getAllByRole("img", { name: "Degraded" })).toHaveLength(3);
  expect(screen.getAllByText(/the image cannot be pulled/)).toHaveLength(3);
  await user.tab();
  const focused = () => (document.activeElement as HTMLElement).dataset.row;
  await user.keyboard("{ArrowDown}");
  await vi.waitFor(() => expect(focused()).toBe("web-1"));
  await user.keyboard("{ArrowLeft}");
  expect(shown()).toEqual(["web", "web-1"]);
  expect(document.activeElement?.getAttribute("aria-expanded")).toBe("false");
  await user.keyboard("{ArrowRight}{ArrowRight}");
  await vi.waitFor(() => expect(focused()).toBe("web-1-a"));
  await user.keyboard("{Enter}");
  expect(opened).toEqual(["web-1-a"]);
  vi.unstubAllGlobals();
});
