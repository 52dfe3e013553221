import { useEffect, useState } from "react";
import { flushSync } from "react-dom";

/** Tell whether the page is being printed: what scrolls has to lie open then. */
export function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const media = matchMedia("print");
    // At once: the browser takes the picture when its listeners have been called.
    const changed = () => flushSync(() => setPrinting(media.matches));
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return printing;
}
