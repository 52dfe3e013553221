import { Drawer, type DrawerProps, Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";

/** Return *opened*, closed at first: what opens remembers where the focus was, and gives it back. */
function useAfterwards(opened: boolean): boolean {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => setDrawn(true), []);
  return opened && drawn;
}

export function OpenedDialog(props: ModalProps) {
  return <Modal {...props} opened={useAfterwards(props.opened)} />;
}

export function OpenedSide(props: DrawerProps) {
  return <Drawer {...props} opened={useAfterwards(props.opened)} />;
}
