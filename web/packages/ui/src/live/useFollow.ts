import { follow, type Live, type Message } from "@ecp/stream/follow";
import { useEffect, useRef, useState } from "react";

/** Follow a stream while the page is shown. *path* null: not yet; *hello* is said when it opens.
 * Returns how it stands. */
export function useFollow(
  path: string | null,
  by: "ws" | "sse",
  onMessage: (message: Message) => void,
  onExpired?: () => void,
  hello?: string,
): Live {
  const [live, setLive] = useState<Live>({ state: "connecting" });
  const heard = useRef({ onMessage, onExpired });
  useEffect(() => {
    heard.current = { onMessage, onExpired };
  });
  useEffect(() => {
    if (path === null) return undefined;
    return follow({
      path,
      by,
      hello,
      onState: setLive,
      onMessage: (message) => heard.current.onMessage(message),
      onExpired: () => heard.current.onExpired?.(),
    });
  }, [path, by, hello]);
  return live;
}
