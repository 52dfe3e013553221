/** Whether the palette is open; what it shows comes when it first is. */
import { createSpotlight } from "@mantine/spotlight";

export const [store, palette] = createSpotlight();
