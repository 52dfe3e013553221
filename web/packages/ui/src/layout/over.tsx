/** What lies over a page. No page needs it to be drawn: it is loaded when it is first opened. */
import type { DrawerProps, ModalProps } from "@mantine/core";
import { Suspense, useState } from "react";
import { part } from "../shell/parts";

const Modal = part<ModalProps>(() =>
  import("./overs").then((one) => ({ default: one.OpenedDialog })),
);
const Drawer = part<DrawerProps>(() =>
  import("./overs").then((one) => ({ default: one.OpenedSide })),
);

/** Load what dialogs are made of before one is opened. */
export const preloadOvers = () => Promise.all([Modal.preload(), Drawer.preload()]);

/** Return whether something has been opened, ever: what goes when it closes cannot give back the focus. */
export function useWanted(opened: boolean): boolean {
  const [wanted, want] = useState(false);
  if (opened && !wanted) want(true);
  return wanted;
}

/** A dialog in the middle: Mantine's Modal. */
export function Dialog(props: ModalProps) {
  return <Suspense>{useWanted(props.opened) && <Modal {...props} />}</Suspense>;
}

/** A dialog at the side: Mantine's Drawer. */
export function Side(props: DrawerProps) {
  return <Suspense>{useWanted(props.opened) && <Drawer {...props} />}</Suspense>;
}
